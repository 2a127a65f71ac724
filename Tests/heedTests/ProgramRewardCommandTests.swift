import Foundation
import JSON
import TestSupport
import Testing

/// A program as reward, through the binary: what it says, and that nothing of it outlives heed.
@Suite struct ProgramRewardCommandTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        try folder.write(
            #"{"prompt":"Hi?","responses":[{"text":"a","finish":"stop"},{"text":"bb","finish":"length"}]}"#
                + "\n",
            to: "responses.jsonl")
    }

    private func program(_ body: String) throws -> String {
        let file = try folder.write(
            """
            #!/bin/sh
            while IFS= read -r line; do
            id=${line#'{"id":'}; id=${id%%,*}
            \(body)
            done
            """, to: "program.sh")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        return file.path
    }

    private func arguments(_ program: String) -> [String] {
        [
            "annotate", "--responses", folder.path("responses.jsonl"), "--annotator",
            "program:\(program),timeout=60", "--as", "ratings", "--output", folder.path("ratings.jsonl"),
        ]
    }

    @Test func itScoresAndSaysWhatConfinesIt() throws {
        let program = try program(
            #"reward=1; case $line in *'"ended":false'*) reward=-1 ;; esac; printf '{"id":%s,"reward":%s}\n' $id $reward"#
        )
        let call = try Invocation(arguments(program))
        #expect(call.status == 0, "\(call.errors)")
        #expect(
            call.errors.components(
                separatedBy: "The reward program '\(program)' runs with this user's rights."
            )
            .count == 2, "\(call.errors)")
        #expect(call.errors.contains("onfined: "))
        let ratings = try folder.text("ratings.jsonl").split(separator: "\n").map {
            try JSONValue(parsing: Array($0.utf8))
        }
        #expect(ratings.compactMap { $0["rating"]?.number } == [1, -1])
    }

    @Test func itsFailureIsAStatusAndNamesTheRow() throws {
        let call = try Invocation(arguments(program("echo broken >&2; exit 3")))
        #expect(call.status == 65)
        #expect(call.errors.contains("responses.jsonl:1: reward program"), "\(call.errors)")
        #expect(call.errors.contains("ended with status 3") && call.errors.contains("broken"))
        #expect(!folder.holds("ratings.jsonl"))
    }

    /// Killed, or asked twice to stop: nobody of ours tidies up, and the kernel does.
    @Test(arguments: [SIGKILL, SIGINT]) func itEndsWithHeed(_ signal: Int32) throws {
        let mark = "\(Int.random(in: 100_000...999_999))"
        let program = try program("(setsid sleep \(mark) &); sleep \(mark)")
        // Two sleep where namespaces hold them all; the shell that reads is theirs.
        try Invocation.signal(SIGINT, arguments(program)) {
            guard processes(with: "sleep \(mark)").count >= 2 else { return false }
            for (process, line) in processes(with: program) where line.contains("annotate") {
                kill(process, signal)
            }
            return true
        }
        let deadline = ContinuousClock.now + .seconds(5)
        while !(processes(with: mark) + processes(with: program)).isEmpty, ContinuousClock.now < deadline {
            usleep(10_000)
        }
        #if os(Linux)
        #expect(processes(with: program).isEmpty)
        let call = try Invocation(arguments(self.program(#"printf '{"id":%s,"reward":1}\n' $id"#)))
        if call.errors.contains("all that it starts ends with it") {
            #expect(processes(with: "sleep \(mark)").isEmpty)
        } else {
            print("skipped: this system has no namespaces for what a program starts")
        }
        #endif
    }

    /// The processes of this machine with a word in their command line.
    private func processes(with word: String) -> [(pid_t, String)] {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return folders.compactMap(pid_t.init).compactMap { number in
            guard let data = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") else {
                return nil
            }
            let line = String(decoding: data, as: UTF8.self).replacing("\0", with: " ")
            return line.contains(word) && number != getpid() ? (number, line) : nil
        }
    }
}
