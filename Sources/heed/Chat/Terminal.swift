import Foundation
import Synchronization

/// The terminal while keys are read one by one. Whatever ends the process meanwhile leaves it as it was.
enum Terminal {
    /// How the terminal was before; read by a signal handler.
    nonisolated(unsafe) private static var former = termios()

    /// Calls `body` while keys arrive one by one, unseen, and Ctrl-C is one of them.
    static func readingKeys<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard tcgetattr(STDIN_FILENO, &former) == 0 else { return try body() }
        let handlers = [SIGINT, SIGTERM, SIGHUP].map { ($0, signal($0, restoreAndEnd)) }
        enter()
        defer {
            leave()
            for (number, handler) in handlers { signal(number, handler) }
        }
        return try body()
    }

    /// Ctrl-Z: stops the process, and goes on in the same way.
    static func suspend() {
        leave()
        kill(getpid(), SIGTSTP)
        enter()
    }

    /// The columns of the window, which may be resized at any time.
    static var columns: Int {
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return isKnown ? Int(size.ws_col) : 80
    }

    /// The keys that are pressed.
    static let keys = KeyReader(
        nextByte: {
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count == 1 { return byte }
                if count == 0 || errno != EINTR { return nil }
            }
        },
        hasMore: {
            var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            return poll(&input, 1, 50) > 0
        })

    private static func enter() {
        var raw = former
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
    }

    private static func leave() { tcsetattr(STDIN_FILENO, TCSADRAIN, &former) }

    /// Nothing but system calls, as in every signal handler.
    private static let restoreAndEnd: @convention(c) (Int32) -> Void = { number in
        tcsetattr(STDIN_FILENO, TCSANOW, &former)
        _exit(128 + number)
    }
}
