import Foundation

extension Process {
    /// Waits until a process that runs has ended. One that does not is killed and throws what it did: a test must not hang
    /// the run that would say so.
    public func waitUntilExit(within seconds: Double) throws {
        let deadline = Deadline(seconds: seconds)
        while isRunning {
            guard !deadline.isOver else {
                let hanging = HangingProcess(self, seconds: seconds)
                kill(processIdentifier, SIGKILL)
                throw hanging
            }
            usleep(500)
        }
    }
}

/// A process that did not end in time, and what each of its threads waited for.
public struct HangingProcess: Error, CustomStringConvertible {
    public let description: String

    init(_ process: Process, seconds: Double) {
        let line = ([process.executableURL?.lastPathComponent ?? ""] + (process.arguments ?? []))
            .joined(separator: " ")
        let folder = "/proc/\(process.processIdentifier)"
        func text(_ name: String) -> String {
            let content = (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? "?"
            return content.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        // Of `status`: whether it is a zombie, and which signals it holds back.
        let state = text("status").split(separator: "\n").filter { line in
            ["State", "SigPnd", "ShdPnd", "SigBlk"].contains { line.hasPrefix($0) }
        }
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/task")) ?? []
        let waiting = threads.sorted().map { thread in
            ["comm", "wchan", "syscall"].map { text("task/\(thread)/\($0)") }.joined(separator: ", ")
        }
        description = (["has not ended after \(seconds) s: \(line)"] + state.map(String.init) + waiting)
            .joined(separator: "\n")
    }
}
