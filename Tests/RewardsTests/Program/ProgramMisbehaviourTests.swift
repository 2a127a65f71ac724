import Errors
import Foundation
import TestSupport
import Testing

@testable import Rewards

/// Programs that do not do what they should: an error that names the row and what happened, never a score.
@Suite struct ProgramMisbehaviourTests {
    private let programs: Programs

    init() throws { programs = try Programs() }

    /// The error of scoring two answers, of which the second is at fault where the first is answered.
    private func failure(
        _ path: String, _ options: String = "timeout=5", wanted: Confinement = .all,
        texts: [String] = ["first answer", "second answer"]
    ) throws -> String {
        let reward = try Programs.reward(path, options, wanted: wanted)
        let error = #expect(throws: ProgramError.self) {
            try reward.checkedScores(of: Programs.inputs(texts))
        }
        #expect(error?.category == .badData)
        return error?.description ?? ""
    }

    @Test(arguments: [
        ("sleep 100", "gave no reward within 0.3 s"),
        ("trap '' TERM INT HUP; while :; do sleep 1; done", "gave no reward within 0.3 s"),
        ("yes complaints >&2", "its standard error ends: complaints | complaints | complaints"),
        ("reply $id 1 >/dev/null", "gave no reward"),
        ("echo \"reply $id 1\"", "wrote no JSON: reply"),
        ("echo hello", "wrote no JSON: hello"),
        ("echo", "wrote no JSON: , at the answer"),
        ("printf '\\377\\033[31m\\n'", "wrote no JSON: \u{FFFD} [31m"),
        ("echo 1", "wrote no object: 1"),
        ("echo '{\"reward\":1}'", "wrote no id"),
        ("echo \"{\\\"id\\\":$id}\"", "wrote no reward"),
        ("echo \"{\\\"id\\\":$id,\\\"reward\\\":1,\\\"why\\\":2}\"", "wrote the member 'why'"),
        ("reply $id NaN", "wrote a reward that is no finite number"),
        ("reply $id -Infinity", "wrote a reward that is no finite number"),
        ("reply $id 1e999", "wrote "),
        ("reply $id true", "wrote a reward that is no number"),
        ("reply $id '\"1\"'", "wrote a reward that is no number"),
        ("reply 99 1", "wrote a reward for id 99, which it was not asked for or had answered, at the"),
        ("reply 99 1", "expected id 0"),
        ("head -c 100000000 /dev/zero", "wrote more than 64 KiB for an answer"),
        ("yes", "wrote no JSON: y"),
        ("printf '{\"id\":0,\"rew'; exit 0", "ended in the middle of a line: {\"id\":0,\"rew"),
        ("exit 0", "ended with status 0"),
        ("echo oh no >&2; exit 3", "ended with status 3"),
        ("echo oh no >&2; exit 3", "its standard error ends: oh no"),
        ("exec >&-; sleep 100", "closed its standard output"),
        ("sleep 100 & exit 4", "ended with status 4"),
    ])
    func everyAnswerIsScoredOrNamed(_ body: String, _ words: String) throws {
        let path = try programs.each(body)
        let message = try failure(path, "timeout=0.3")
        #expect(message.hasPrefix("rows.jsonl:1: reward program '\(path)' "), "\(message)")
        #expect(message.contains(words), "\(message)")
        #expect(message.contains("begins 'first answer' to 'What is asked?'"), "\(message)")
    }

    /// The first answer is scored, the second is the one that is named.
    @Test(arguments: [
        ("reply $id 1; exit 0", "ended with status 0"),
        ("reply 0 1", "id 0, which it was not asked for or had answered"),
        ("case $id in 0) reply 0 1 ;; *) sleep 100 ;; esac", "gave no reward within 0.5 s"),
    ])
    func theRowAtFaultIsNamed(_ body: String, _ words: String) throws {
        let message = try failure(try programs.each(body), "timeout=0.5")
        #expect(message.hasPrefix("rows.jsonl:2: "), "\(message)")
        #expect(message.contains(words) && message.contains("'second answer'"), "\(message)")
    }

    /// Two lines for one answer may come late, but never count for another.
    @Test func aLineTooManyShiftsNothing() throws {
        let path = try programs.each("reply $id $id; sleep 0.1; reply $id $id")
        let reward = try Programs.reward(path, "timeout=5")
        #expect(throws: ProgramError.self) { try reward.scores(of: Programs.inputs(["a", "b", "c"])) }
        // The late line of a first call is found by the second.
        let other = try Programs.reward(path, "timeout=5")
        #expect(try other.scores(of: Programs.inputs(["a"])) == [0])
        usleep(200_000)
        #expect(throws: ProgramError.self) { try other.scores(of: Programs.inputs(["b"])) }
    }

    @Test func aLineTooFewOfAHandIsNamed() throws {
        let path = try programs.each("case $id in 2) ;; *) reply $id 1 ;; esac")
        let message = try failure(path, "batch=4,timeout=0.2", texts: ["a", "b", "c", "d"])
        #expect(message.hasPrefix("rows.jsonl:3: "), "\(message)")
        #expect(message.contains("gave no reward within 0.8 s for 4 answers"), "\(message)")
    }

    @Test func allAnswersTogetherHaveATimeToo() throws {
        let message = try failure(
            try programs.each("sleep 0.2; reply $id 1"), "timeout=5,batch_timeout=0.5",
            texts: (0..<9).map(String.init))
        #expect(message.contains("did not score 9 answers within 0.5 s"), "\(message)")
        #expect(message.contains("workers="))
    }

    @Test func whoStopsReadingIsNamed() throws {
        let path = try programs.script("exec <&-; sleep 100")
        let message = try failure(path, texts: [String(repeating: "long ", count: 100_000)])
        #expect(message.contains("closed its standard input"), "\(message)")
    }

    @Test func itsOwnMistakesAreSignals() throws {
        let path = try programs.each("kill -SEGV $$")
        let message = try failure(path, wanted: Confinement.all.subtracting(.namespaces))
        #expect(message.contains("was ended by signal 11 ("), "\(message)")
        guard let python = Programs.python else { return print("skipped: there is no python3") }
        let crash = try programs.script("import ctypes\nctypes.string_at(0)", interpreter: python)
        #expect(try failure(crash).contains("was ended by signal 11 ("))
    }

    /// A program that fails once is started anew by the next call.
    @Test func theNextCallStartsAnew() throws {
        let path = try programs.each("case $line in *poison*) exit 1 ;; esac; reply $id 5")
        let reward = try Programs.reward(path, "workers=2")
        for _ in 0..<3 {
            #expect(try reward.scores(of: Programs.inputs(["a", "b", "c"])) == [5, 5, 5])
            #expect(throws: ProgramError.self) { try reward.scores(of: Programs.inputs(["a", "poison"])) }
        }
    }

    /// No process, no descriptor and no file is left, however a program ends.
    @Test func nothingIsLeftBehind() throws {
        let mark = "\(Int.random(in: 100_000...999_999))"
        let bodies = [
            "reply $id 1", "sleep \(mark)", "exit 1",
            "(setsid sleep \(mark) &) ; sleep \(mark) & reply $id 1",
            "trap '' TERM; sleep \(mark)", "echo garbage",
        ]
        func temporary() throws -> Set<String> {
            Set(
                try FileManager.default.contentsOfDirectory(
                    atPath: FileManager.default.temporaryDirectory.path
                ).filter { $0.hasPrefix("heed-reward-") })
        }
        func descriptors() -> Int {
            (try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd").count) ?? 0
        }
        let (filesBefore, descriptorsBefore) = (try temporary(), descriptors())
        for body in bodies {
            let reward = try Programs.reward(programs.each(body), "timeout=0.2,workers=2")
            _ = try? reward.scores(of: Programs.inputs(["a", "b"]))
        }
        #expect(Programs.processes(with: "sleep \(mark)") == [])
        #expect(try temporary().subtracting(filesBefore) == [])
        #expect(descriptors() <= descriptorsBefore)
        var outcome: Int32 = 0
        #expect(waitpid(-1, &outcome, WNOHANG) <= 0, "a child that nobody waited for")
    }
}
