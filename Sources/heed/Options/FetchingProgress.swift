import Alignment
import Foundation
import Runs

/// Shows what the catalogue is doing: one bar for each phase.
final class FetchingProgress {
    private let display: ProgressDisplay
    private var phase: CatalogueProgress.Phase?
    private var bar: ProgressBar?

    init(_ reporting: ReportingOptions) {
        display = ProgressDisplay(style: reporting.quiet ? .quiet : nil)
        Interruption.install()
    }

    /// The handler to give to a ``CatalogueStore``; throws where the user asked to stop.
    func update(_ progress: CatalogueProgress) throws {
        guard !Interruption.requested else { throw Interrupted() }
        if progress.phase != phase {
            bar?.finish()
            phase = progress.phase
            bar = display.begin(
                "\(progress.phase.rawValue) \(progress.name)", total: progress.total,
                unit: progress.phase == .converting ? .items : .bytes)
        }
        bar?.update(progress.done)
        if progress.done == progress.total { finish() }
    }

    private func finish() {
        bar?.finish()
        bar = nil
    }
}

/// The user asked to stop, and nothing was left half done.
struct Interrupted: Error, CustomStringConvertible {
    let description = "interrupted; the same command starts again"
}
