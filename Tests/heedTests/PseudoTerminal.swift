#if os(Linux)
import Foundation

/// The program in a terminal, with somebody at its keyboard.
final class PseudoTerminal {
    private let process = Process()
    private let keyboard: Int32
    /// All that was shown so far.
    private(set) var screen = ""
    private var unread = ""

    /// TIOCSPTLCK and TIOCGPTN, which Swift does not know.
    private static let (setsLock, getsNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)

    init(_ arguments: [String]) throws {
        keyboard = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var (unlocked, number): (Int32, Int32) = (0, 0)
        guard keyboard >= 0, ioctl(keyboard, Self.setsLock, &unlocked) == 0,
            ioctl(keyboard, Self.getsNumber, &number) == 0
        else { throw CocoaError(.fileReadUnknown) }
        let terminal = FileHandle(
            fileDescriptor: open("/dev/pts/\(number)", O_RDWR | O_NOCTTY), closeOnDealloc: true)
        process.executableURL = Invocation.program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment
            .merging(["HEED_HOME": "/nonexistent/heed", "TERM": "xterm"]) { $1 }
        process.standardInput = terminal
        process.standardOutput = terminal
        process.standardError = terminal
        try process.run()
        _ = fcntl(keyboard, F_SETFL, O_NONBLOCK)
    }

    deinit {
        if process.isRunning { process.terminate() }
        close(keyboard)
    }

    func type(_ keys: String) {
        let bytes = Array(keys.utf8)
        _ = write(keyboard, bytes, bytes.count)
    }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Reads on until this is shown, or half a minute has passed; whether it was. What stands before it counts as read.
    func shows(_ text: String) -> Bool {
        for _ in 0..<6_000 {
            if let place = unread.range(of: text) {
                unread.removeSubrange(..<place.upperBound)
                return true
            }
            read()
            usleep(5_000)
        }
        return false
    }

    /// The status once it has ended.
    func waitForEnd() -> Int32 {
        while process.isRunning {
            read()
            usleep(5_000)
        }
        return process.terminationStatus
    }

    /// Whether keys are shown and lines are edited by the system, as before the program began.
    var isAsBefore: Bool {
        var state = termios()
        let flags = tcflag_t(ICANON | ECHO | ISIG)
        return tcgetattr(keyboard, &state) == 0 && state.c_lflag & flags == flags
    }

    private func read() {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Foundation.read(keyboard, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        screen += text
        unread += text
    }
}
#endif
