import Foundation
import Models
import RunTestSupport
import Runs
import TestSupport
import Testing
import Training

@testable import Methods

/// What a run says of its rewards: what confines a program, and how easily they are cheated.
@Suite(.serialized) struct RewardNotesTests {
    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns() }

    private func notes(_ rewards: [String], rows: [String]) throws -> [String] {
        try jobs.folder.write(rows.joined(separator: "\n") + "\n", to: "prompts.jsonl")
        var method = GRPO.Configuration()
        method.rewards.rewards = rewards
        method.rollouts.prompts = [jobs.folder.path("prompts.jsonl")]
        method.rollouts.maximumNewTokens = 4
        method.groupSize = 2
        let result = try GRPO.run(
            jobs.training(steps: 2), adapters: jobs.lowRank, method: method, context: jobs.context("run"))
        let manifest = try RunManifest(contentsOf: jobs.folder.url.appending(path: "run/run.json"))
        #expect(manifest.notes == result.notes ?? [])
        return manifest.notes
    }

    private func program(_ body: String) throws -> String {
        let file = try jobs.folder.write(
            "#!/bin/sh\nwhile IFS= read -r line; do\nid=${line#'{\"id\":'}; id=${id%%,*}\n\(body)\ndone\n",
            to: "score.sh")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        return "program:\(file.path)"
    }

    private let rows = (1...6).map { #"{"prompt": "What is \#($0) + 40?", "answer": "\#($0 + 40)"}"# }

    @Test func aCarelessVerifierIsNamed() throws {
        let careless = try program(
            #"""
            truth=$(printf '%s' "$line" | sed 's/.*"answer":"\([^"]*\)".*/\1/')
            text=${line#*'"completion":"'}; text=${text%'","ended"'*}
            case $text in *"$truth"*) reward=1 ;; *) reward=0 ;; esac
            printf '{"id":%s,"reward":%s}\n' $id $reward
            """#)
        let notes = try notes([careless], rows: rows)
        #expect(notes.count >= 2 && notes[0].hasPrefix("The reward program '"))
        #expect(
            notes[1].hasPrefix(
                "audit of the rewards on 6 prompts: reward 'program' fails 5 of 21 checks: shotgun, list, "),
            "\(notes)")
        #expect(notes[1].hasSuffix("heed lint-reward shows more"))
    }

    /// One that does not look at the truth is told so, and no more: there are no honest answers to compare with.
    @Test func aTasteIsNotMistakenForAVerifier() throws {
        let notes = try notes(["concise:enough=20"], rows: rows)
        #expect(notes.contains { $0.contains("reward 'concise' fails 1 of 2 checks: truth;") }, "\(notes)")
    }

    @Test func withoutATruthNothingIsSaid() throws {
        let notes = try notes(["concise:enough=20"], rows: (1...6).map { #"{"prompt": "Why \#($0)?"}"# })
        #expect(!notes.contains { $0.contains("audit") })
    }

    /// A reward that fails on what it is tried with still trains.
    @Test func whatCannotBeAuditedIsSaid() throws {
        let fragile = try program(
            #"case $line in *answer*) exit 1 ;; esac; printf '{"id":%s,"reward":%s}\n' $id ${#line}"#)
        let rows = (1...6).map { #"{"prompt": "Why \#($0)?", "solution": "4\#($0)"}"# }
        let notes = try notes([fragile], rows: rows)
        #expect(
            notes.contains { $0.hasPrefix("the rewards could not be audited on 6 prompts: ") }, "\(notes)")
    }
}
