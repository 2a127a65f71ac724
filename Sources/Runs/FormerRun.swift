import Files
import Foundation

/// The run that `--force` is to replace. It is kept aside as `.NAME.former` until the new run has something to show, and
/// comes back where that one fails before.
///
/// To put it aside takes two renames, and a process may be killed between them: nothing has the run's name then, and
/// whoever opens the folder next brings the former run back.
struct FormerRun {
    /// Where the run is.
    let place: URL
    /// Where the former one is kept.
    private let aside: URL

    init(of place: URL) {
        self.place = place
        aside = Self.sibling(of: place, "former")
    }

    private static func sibling(of place: URL, _ suffix: String) -> URL {
        place.deletingLastPathComponent().appendingPathComponent(".\(place.lastPathComponent).\(suffix)")
    }

    private var isThere: Bool { FileSystem.exists(aside) }

    /// Brings the former run back where a killed process left none in its place.
    func recover() throws {
        guard isThere, !FileSystem.exists(place) else { return }
        // Held by a process that is just putting it aside.
        let lock = try RunFolder.lock(aside, for: place)
        try withExtendedLifetime(lock) { try FileSystem.rename(aside, to: place) }
    }

    /// Puts what `body` fills in the place of the run there. Of that run and of one that was put aside before, the one with
    /// something to show is kept.
    func replace<Result>(_ body: (URL) throws -> Result) throws -> Result {
        if try isThere && RunFolder.hasSomethingToShow(place) { try remove() }
        guard isThere else { return try AtomicFolder.replace(at: place, keepingFormerAt: aside, body) }
        return try AtomicFolder.replace(at: place, body)
    }

    /// Lets the former run go.
    func remove() throws {
        if isThere { try FileSystem.remove(aside) }
    }

    /// Gives the former run its place back, and lets the run there go; false where there is none.
    func comeBack() throws -> Bool {
        guard isThere else { return false }
        try AtomicFolder.remove(place)
        try FileSystem.rename(aside, to: place)
        return true
    }
}
