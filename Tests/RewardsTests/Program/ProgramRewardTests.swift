import Datasets
import Foundation
import JSON
import Models
import Settings
import TestSupport
import Testing

@testable import Rewards

/// Programs that do what they should.
@Suite struct ProgramRewardTests {
    private let programs: Programs

    init() throws { programs = try Programs() }

    /// The completion stands between its key and the next.
    private let completion = #"text=${line#*'"completion":"'}; text=${text%%'"'*}"#

    @Test func scoresAnswersInTheirOrder() throws {
        let path = try programs.each("\(completion); reply $id $text")
        let reward = try Programs.reward(path)
        #expect(try reward.scores(of: Programs.inputs(["1", "2.5", "-3e2", "null"])) == [1, 2.5, -300, nil])
        #expect(try reward.scores(of: Programs.inputs(["7"])) == [7])
        #expect(try reward.scores(of: []) == [])
        #expect(reward.obstacle(to: Programs.inputs([""])[0]).contains("null"))
    }

    /// The second copy is slow, and its rewards still land where they belong.
    @Test(arguments: ["workers=3", "workers=2,batch=4", "batch=100", "workers=8,batch=3"])
    func severalCopiesShareTheAnswers(_ options: String) throws {
        let path = try programs.each(
            "\(completion); case $id in *3) sleep 0.05 ;; esac; reply $id $text; echo $$ >&2")
        let numbers = (0..<40).map { ($0 * 37) % 101 }
        let reward = try Programs.reward(path, options)
        #expect(
            try reward.scores(of: Programs.inputs(numbers.map(String.init))) == numbers.map(Double.init))
    }

    /// Ids say what is what, so a program may take its time with the first.
    @Test func aHandMayBeAnsweredInAnyOrder() throws {
        let path = try programs.each(
            "\(completion); if [ -z \"$held\" ]; then held=$id; was=$text; else reply $id $text; reply $held $was; held=; fi"
        )
        #expect(
            try Programs.reward(path, "batch=2").scores(of: Programs.inputs(["1", "2", "3", "4"]))
                == [1, 2, 3, 4])
    }

    @Test func theLineHasEverythingThatARewardSees() throws {
        let path = try programs.each(
            "printf '%s\\n' \"$line\" >>\"\(programs.folder.path("seen"))\"; reply $id 0")
        let input = RewardInput(
            prompt: .messages([.init(role: "user", content: "Say \"hi\"\n")]), text: "hi\u{2028}\u{0}",
            isFinished: false, columns: ["answer": "4", "tests": [1, .null]])
        _ = try Programs.reward(path, wanted: []).scores(of: [input, input])
        let lines = try programs.folder.text("seen").split(separator: "\n")
        #expect(lines.count == 2)
        let first = try JSONValue(parsing: Array((lines.first ?? "").utf8))
        #expect(
            first == [
                "id": 0, "prompt": [["role": "user", "content": "Say \"hi\"\n"]],
                "completion": "hi\u{2028}\u{0}", "ended": false,
                "columns": ["answer": "4", "tests": [1, .null]],
            ])
        #expect(try JSONValue(parsing: Array((lines.last ?? "").utf8))["id"] == 1)
    }

    @Test func longAnswersPassWhole() throws {
        let path = try programs.each("reply $id ${#line}")
        let scores = try Programs.reward(path, "batch=3").scores(
            of: Programs.inputs([100_000, 1_000_000, 3].map { String(repeating: "a", count: $0) }))
        #expect(scores.compactMap(\.self).map { ($0 / 1e5).rounded() } == [1, 10, 0])
    }

    @Test func theCatalogueFindsItByItsPath() throws {
        var run = RunConfiguration()
        run.device = "cpu"
        let computation = try Computation(run)
        let path = try programs.each("reply $id 2")
        let selection = RewardSelection(["program:\(path),workers=2,weight=0.5", "concise"])
        let sources = try RewardCatalogue.standard.sources(selection, on: computation)
        #expect(sources.names == ["program", "concise"])
        #expect(sources.inputs.map(\.url.path) == [path])
        #expect(RewardCatalogue.standard.inputs(of: selection) == [.data(path)])
        let sum = try sources.loadSum()
        #expect(try sum.scores(of: Programs.inputs(["short"])) == [2])
        #expect(sum.notes.count == 1 && sum.notes[0].contains("'\(path)'"))
        let byKey = RewardSelection(["program:path=\(path),temperature=2"])
        #expect(try RewardCatalogue.standard.judge(byKey, seed: 1, on: computation).temperature == 2)
        #expect(try RewardCatalogue.standard.setsJudge(byKey))
    }

    @Test func whatTheArgumentGetsWrong() throws {
        var run = RunConfiguration()
        run.device = "cpu"
        let computation = try Computation(run)
        func message(_ argument: String) -> String {
            do {
                _ = try RewardCatalogue.standard.sources(RewardSelection([argument]), on: computation)
                return ""
            } catch {
                return "\(error)"
            }
        }
        let path = try programs.each("reply $id 2")
        try programs.folder.write("text", to: "plain")
        #expect(message("program").contains("needs path=…"))
        #expect(message("program:nowhere.sh").contains("'nowhere.sh': expected a file, found none"))
        #expect(message("program:\(programs.folder.path("plain"))").contains("chmod +x"))
        #expect(message("program:\(programs.folder.url.path)").contains("expected a file"))
        #expect(message("program:\(path),workers=0").contains("workers=0, expected a number from 1.0"))
        #expect(message("program:\(path),workers=1.5").contains("expected a whole number"))
        #expect(message("program:\(path),timeout=0").contains("timeout=0"))
        #expect(message("program:\(path),sandbox=some").contains("sandbox=some, expected none"))
        #expect(
            message("program:\(path),sandbox=none,memory=9").contains("expected none beside sandbox=none"))
        #expect(message("program:\(path),sandbox=none,timeout=9").isEmpty)
        #expect(message("program:\(path),path=\(path)").contains("'path' is given twice"))
        #expect(message("program:\(path),\(path)").contains("expected NAME or NAME:key=value"))
        #expect(message("program:\(path),time=3").contains("has no option 'time'"))
    }

    @Test func whatCannotBeStarted() throws {
        let silent = try programs.folder.write("echo hi\n", to: "silent")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: silent.path)
        let foreign = try programs.script("", interpreter: "/nowhere/shell")
        for (path, words) in [(silent.path, "#!/bin/sh"), (foreign, "interpreter")] {
            let error = #expect(throws: ProgramError.self) { try Programs.reward(path) }
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
            #expect(error?.category == .usage)
        }
    }

    /// The two in examples/rewards, as users run them.
    @Test func theExamplesScore() throws {
        let examples = Fixtures.root.appending(path: "../../examples/rewards").standardizedFileURL
        var cut = Programs.inputs(["done"])
        cut[0].isFinished = false
        cut[0].text = #"a quote of "ended":true and {"id":9,"#
        let ends = try Programs.reward(examples.appending(path: "ends.sh").path)
        #expect(try ends.scores(of: Programs.inputs(["done"]) + cut) == [1, -1])
        guard Programs.python != nil else { return print("skipped: there is no python3") }
        let boxed = try Programs.reward(examples.appending(path: "boxed.py").path)
        let right = #"Well. The answer is \boxed{4}."#
        let answers = [right, #"The answer is not \boxed{4}."#, "\(right) \(right)", "The answer is 4.", ""]
        #expect(
            try boxed.scores(of: Programs.inputs(answers, columns: ["answer": "4"])) == [1, 0, 0, 0, 0])
        #expect(try boxed.scores(of: Programs.inputs([right])) == [nil])
    }
}
