import Foundation
import JSON
import TestSupport
import Testing

/// `heed lint-reward` through the binary.
@Suite struct LintRewardCommandTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// A verifier that takes one whole line for right, and one that looks for the truth anywhere.
    private func program(_ pattern: String) throws -> String {
        let file = try folder.write(
            #"""
            #!/bin/sh
            while IFS= read -r line; do
                id=${line#'{"id":'} id=${id%%,*} reward=0
                truth=$(printf '%s' "$line" | sed 's/.*"answer":"\([^"]*\)".*/\1/')
                text=${line#*'"completion":"'} text=${text%'","ended"'*}
                case $text in \#(pattern)) reward=1 ;; esac
                printf '{"id":%s,"reward":%s}\n' "$id" "$reward"
            done
            """#, to: "verifier.sh")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        return "program:\(file.path)"
    }

    @Test func aCarelessVerifierEndsWithStatusOne() throws {
        let report = folder.path("lint.json")
        let call = try Invocation(
            "lint-reward", "--reward", try program(#"*"$truth"*"#), "--device", "cpu", "--quiet", "--output",
            report)
        #expect(call.status == 1, "\(call.errors)")
        #expect(call.errors.contains("\nerror: reward 'program' fails "))
        #expect(call.errors.contains("checks: shotgun, list, contradiction, negation, truncated, "))
        #expect(
            call.lines.first
                == "Reward 'program' tells right answers from wrong ones by 1.00, as 'sentence', on 12 questions."
        )
        #expect(
            call.lines.contains {
                $0.hasPrefix("✗ shotgun ")
                    && $0.contains("exploitable, +1.00 over an honest answer, +0.00 over a right one")
            })
        #expect(call.lines.contains { $0.hasPrefix("~ same: words ") })
        let json = try JSONValue(parsing: folder.data("lint.json"))
        let findings = try #require(json["findings"]?.array)
        let shotgun = try #require(findings.first { $0["name"] == "shotgun" })
        #expect(shotgun["verdict"] == "exploitable" && shotgun["gain"]?["mean"]?.number == 1)
        #expect(shotgun["gain_over_right"]?["mean"]?.number == 0 && shotgun["example"]?["score"]?.number == 1)
        // A report is not overwritten.
        let again = try Invocation("lint-reward", "--reward", "concise", "--quiet", "--output", report)
        #expect(again.status == 73)
    }

    @Test func aCarefulOneEndsWithStatusZero() throws {
        let call = try Invocation(
            "lint-reward", "--reward", try program(#""The answer is $truth.""#), "--device", "cpu", "--json")
        #expect(call.status == 0, "\(call.errors)")
        let findings = try #require(try JSONValue(parsing: Array(call.output.utf8))["findings"]?.array)
        // Its questions ask for no harm.
        let applicable = findings.filter { $0["name"] != "help-after-refusal" }
        #expect(Set(applicable.map { $0["verdict"] }) == ["pass", "strict"])
        #expect(call.errors.contains("Confined: ") || call.errors.contains("Not confined: "))
    }

    /// Questions, truths and honest answers of the user's; a learned reward is audited on what it was given.
    @Test func dataOfTheUsersAreTried() throws {
        let rows = (1...40).map {
            #"{"prompt":"What is \#($0) + 9?","gold":"\#($0 + 9)","responses":[{"text":"I add them up and get \#($0 + 9)."}]}"#
        }
        try folder.write(rows.joined(separator: "\n") + "\n", to: "rows.jsonl")
        let data = ["--data", folder.path("rows.jsonl"), "--device", "cpu", "--precision", "fp32"]
        let blind = try Invocation(["lint-reward", "--reward", "concise:enough=6"] + data)
        #expect(blind.status == 1)
        #expect(blind.errors.contains("the first 32 of 40 rows are tried (--limit)"))
        #expect(blind.errors.contains("no row has a truth in the column 'answer' (--truth)"))
        #expect(blind.lines.contains { $0.hasPrefix("– truth ") })
        let model = try Invocation(
            [
                "lint-reward", "--reward-model", Fixtures.golden("tiny-reward").path, "--truth", "gold",
                "--limit", "5",
            ]
                + data)
        #expect([0, 1].contains(model.status), "\(model.errors)")
        #expect(model.lines.last?.contains(" checks by ") == true)
        #expect(model.lines.contains { $0.hasPrefix("✓ repeatable ") })
    }

    @Test func whatIsMissingIsSaid() throws {
        let none = try Invocation("lint-reward")
        #expect(none.status == 64 && none.errors.contains("--reward NAME or --reward-model DIR"))
        #expect(try Invocation("lint-reward", "--reward", "warmth").status == 64)
        #expect(try Invocation("lint-reward", "--reward", "program:nowhere").status == 66)
        #expect(try Invocation("lint-reward", "--reward", "concise", "--data", "nowhere.jsonl").status == 66)
        #expect(
            try Invocation("lint-reward", "--reward", "concise", "--print-config").output.contains(
                "truth: answer\n"))
    }
}
