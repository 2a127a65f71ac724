import Runs
import Synchronization

/// What is printed elsewhere than on a terminal, by a clock that stands: no line comes by time alone.
public final class PrintedLines: Sendable {
    private let text = Mutex("")

    public init() {}

    public var display: ProgressDisplay {
        ProgressDisplay(
            style: .lines,
            output: ProgressOutput(isTerminal: false, width: { 80 }) { new in self.text.withLock { $0 += new }
            }
        ) { .zero }
    }

    /// All so far.
    public var all: [String] { text.withLock { $0 }.split(separator: "\n").map(String.init) }
}
