import CProcess
import Files
import Foundation

/// A program that runs beside this process, confined where the system can, with pipes to and from it. It ends with the last
/// reference to it, and so does everything in its group.
final class ProgramProcess {
    let confinement: Confinement
    /// What it wrote and nobody took yet.
    private(set) var received: [UInt8] = []
    /// Whether it wrote all that it ever will.
    private(set) var hasEndedOutput = false
    /// Whether it takes no more input.
    private(set) var hasClosedInput = false
    private let identifier: pid_t
    private let scratch: TransientFolder
    private var input: Int32
    private let output: Int32
    private let errors: Int32
    private var unsent: ArraySlice<UInt8> = []
    private var hasEndedErrors = false
    private var errorTail: [UInt8] = []
    private static let errorTailLength = 4096

    /// - Parameter wanted: what it is confined by where the system can; nothing: it gets this process's whole environment.
    /// - Throws: ``ProgramError/notStarted(path:reason:)``, `FileError`.
    init(path: String, limits: ProgramLimits, wanted: Confinement) throws {
        scratch = try TransientFolder("heed-reward")
        var pipes: [Pipe] = []
        // The program holds its own ends from its start on.
        defer { for pipe in pipes { close(pipe.programs) } }
        do {
            for programReads in [true, false, false] {
                pipes.append(try Pipe(programReads: programReads, path))
            }
            let started = Self.start(
                path, limits, wanted, scratch: scratch.url, descriptors: pipes.map(\.programs))
            guard started.error == 0 else {
                throw ProgramError.notStarted(path: path, reason: Self.reason(started.error))
            }
            (input, output, errors) = (pipes[0].own, pipes[1].own, pipes[2].own)
            identifier = started.pid
            confinement = Confinement(rawValue: started.held)
        } catch {
            for pipe in pipes { close(pipe.own) }
            throw error
        }
    }

    deinit {
        process_end(identifier)
        for descriptor in [input, output, errors] where descriptor >= 0 { close(descriptor) }
    }

    /// Lets it end by itself, as its input has ended.
    func finish(within patience: Duration) {
        if input >= 0 { close(input) }
        input = -1
        _ = outcome(within: patience)
    }

    // MARK: Talking

    func send(_ bytes: [UInt8]) {
        unsent += bytes
        flush()
    }

    /// Descriptors to wait for: of what it writes, and of its input where something waits to be sent.
    var events: [pollfd] {
        let reading = ([output] + (hasEndedErrors ? [] : [errors])).map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        return unsent.isEmpty || hasClosedInput
            ? reading : reading + [pollfd(fd: input, events: Int16(POLLOUT), revents: 0)]
    }

    /// Sends and reads as much as goes without waiting.
    /// - Parameter limit: bytes of output that are kept.
    func exchange(keeping limit: Int) {
        flush()
        Self.drain(output, &hasEndedOutput) {
            received += $0
        } while: {
            received.count <= limit
        }
        Self.drain(errors, &hasEndedErrors) {
            errorTail = Array((errorTail + $0).suffix(Self.errorTailLength))
        } while: {
            true
        }
    }

    /// The next whole line, without its end.
    func nextLine() -> ArraySlice<UInt8>? {
        guard let end = received.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { received.removeFirst(end + 1) }
        return received[..<end]
    }

    /// The last lines that it wrote to standard error, on one line.
    var lastWords: String {
        let lines = String(decoding: errorTail, as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.suffix(3).map(String.init(_:)).joined(separator: " | ").shownAsOutput
    }

    /// How it ended, in words; nil where it has not within that time.
    func outcome(within patience: Duration) -> String? {
        let deadline = SuspendingClock.now + patience
        var outcome: Int32 = 0
        while !process_has_ended(identifier, &outcome) {
            if SuspendingClock.now >= deadline { return nil }
            usleep(2000)
        }
        guard outcome < 0 else { return "ended with status \(outcome)" }
        return "was ended by signal \(-outcome) (\(String(cString: strsignal(-outcome))))"
    }

    private func flush() {
        while !unsent.isEmpty, !hasClosedInput {
            let written = unsent.withUnsafeBytes { process_write(input, $0.baseAddress, $0.count) }
            if written > 0 {
                unsent = unsent.dropFirst(written)
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                hasClosedInput = true
            }
        }
    }

    /// - Parameter hasEnded: whether there will never be more.
    private static func drain(
        _ descriptor: Int32, _ hasEnded: inout Bool, _ take: (ArraySlice<UInt8>) -> Void,
        while isWanted: () -> Bool
    ) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        // A program that never stops writing must not keep this loop.
        for _ in 0..<16 where isWanted() && !hasEnded {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                take(buffer[..<count])
            } else if count == 0 {
                hasEnded = true
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                hasEnded = true
            }
        }
    }

    // MARK: Starting

    private static func start(
        _ path: String, _ limits: ProgramLimits, _ wanted: Confinement, scratch: URL, descriptors: [Int32]
    ) -> process_started {
        var request = process_request()
        request.descriptors = (descriptors[0], descriptors[1], descriptors[2])
        request.wanted = wanted.rawValue
        request.limits = process_limits(
            processor_seconds: UInt64(limits.processorTime ?? 0), memory_bytes: UInt64(limits.memory) << 20,
            file_bytes: UInt64(limits.fileSize) << 20, processes: UInt64(limits.processes), open_files: 256)
        let environment = environment(scratch: scratch, isConfined: !wanted.isEmpty)
        return withCStrings([path]) { arguments in
            withCStrings(environment) { environment in
                scratch.path.withCString { folder in
                    request.path = UnsafePointer(arguments[0])
                    request.arguments = arguments
                    request.environment = environment
                    request.scratch = folder
                    return process_start(&request)
                }
            }
        }
    }

    private static let inherited: Set<String> = [
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "VIRTUAL_ENV", "LD_LIBRARY_PATH",
    ]
    private static let inheritedBeginnings = ["LC_", "PYTHON", "HEED_REWARD_"]

    /// What a confined program needs to run, and no keys and tokens of other services. Python writes at once.
    private static func environment(scratch: URL, isConfined: Bool) -> [String] {
        var variables = ProcessInfo.processInfo.environment
        if isConfined {
            variables = variables.filter { name, _ in
                inherited.contains(name) || inheritedBeginnings.contains(where: name.hasPrefix)
            }
        }
        variables["TMPDIR"] = scratch.path
        variables["PYTHONUNBUFFERED"] = "1"
        return variables.map { "\($0)=\($1)" }.sorted()
    }

    private static func reason(_ error: Int32) -> String {
        let text = String(cString: strerror(error))
        return switch error {
        case ENOEXEC: "\(text); a script begins with a line such as #!/bin/sh"
        case ENOENT: "\(text); is the interpreter of its first line there?"
        case EACCES:
            "\(text); may it and its interpreter be read and run, without an administrator's rights too?"
        default: text
        }
    }
}

/// The two ends of a pipe between this process and a program.
private struct Pipe {
    let own: Int32
    let programs: Int32

    init(programReads: Bool, _ path: String) throws {
        var ends: [Int32] = [-1, -1]
        guard process_pipe(&ends, programReads) else {
            throw ProgramError.notStarted(path: path, reason: String(cString: strerror(errno)))
        }
        (own, programs) = programReads ? (ends[1], ends[0]) : (ends[0], ends[1])
    }
}

/// Texts as C has lists of them, ended by a null.
private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let pointers = texts.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeBufferPointer { list in
        guard let first = list.baseAddress else { preconditionFailure("a list that ends with null is empty") }
        return body(first)
    }
}
