import Foundation

/// Where progress is shown.
public struct ProgressOutput: Sendable {
    let isTerminal: Bool
    /// Columns; asked at each drawing, as windows are resized.
    let width: @Sendable () -> Int
    let write: @Sendable (String) -> Void

    public init(
        isTerminal: Bool, width: @escaping @Sendable () -> Int, write: @escaping @Sendable (String) -> Void
    ) {
        self.isTerminal = isTerminal
        self.width = width
        self.write = write
    }

    /// Standard error; results on standard output stay clean.
    public static let standardError = ProgressOutput(
        isTerminal: isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb",
        width: {
            var size = winsize()
            let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
            return isKnown ? Int(size.ws_col) : 80
        },
        write: { text in
            // Progress that cannot be shown is no reason to stop.
            try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
        })
}
