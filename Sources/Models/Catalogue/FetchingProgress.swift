import Foundation
import Runs

/// Shows what the catalogue is doing: one bar for each phase.
public final class FetchingProgress {
    private let display: ProgressDisplay
    private var phase: CatalogueProgress.Phase?
    private var bar: ProgressBar?

    public init(_ display: ProgressDisplay) {
        self.display = display
    }

    /// The handler to give to a ``CatalogueStore``; throws where the user asked to stop.
    public func update(_ progress: CatalogueProgress) throws {
        try Interruption.check(.startsOver)
        if progress.phase != phase {
            bar?.finish()
            phase = progress.phase
            bar = display.begin(
                "\(progress.phase.rawValue) \(progress.name)", total: progress.total,
                unit: progress.phase == .converting ? .items : .bytes)
        }
        bar?.update(progress.done)
        if progress.done == progress.total {
            bar?.finish()
            bar = nil
        }
    }
}
