import Datasets
import Foundation
import JSON
import Runs
import Settings
import TestSupport
import Testing

@testable import Verbs

@Suite struct RatingsVerbTests {
    private let folder: ScratchFolder
    private let corpus = Fixtures.root.appending(path: "rated-conversations/conversations.json").path

    init() throws { folder = try ScratchFolder() }

    /// Runs the verb with settings as a recipe's stage has them, and returns what it says.
    @discardableResult
    private func run(_ settings: String = "", corpus: String? = nil, seed: Int = 42) throws -> [String] {
        let file = try folder.write("corpus: \(corpus ?? self.corpus)\n\(settings)", to: "settings.yaml")
        let flags = [
            ConfigurationOverride(flag: "--output", value: folder.path("out")),
            ConfigurationOverride(flag: "--seed", value: seed),
        ]
        return try Verb.ratings.prepare(ConfigurationReader(file: file, overrides: flags))
            .run(mode: .force, progress: ProgressDisplay(style: .quiet), origin: .init(command: "")).lines
    }

    private func rows(_ file: String) throws -> [ComparisonRow] {
        try JSONLines(folder.url.appending(path: "out/\(file)")).load(ComparisonRow.self).map(\.row)
    }

    private func message(_ settings: String = "", corpus: String? = nil) -> String? {
        do { try run(settings, corpus: corpus) } catch { return "\(error)" }
        return nil
    }

    /// Every author writes one word of their own in each turn, so that texts tell who wrote them.
    private func authors(_ rows: [ComparisonRow]) -> Set<Substring> {
        let texts = rows.flatMap { [$0.chosen, $0.rejected] }.flatMap { text -> [String] in
            guard case .messages(let messages) = text else { return [] }
            return messages.map(\.content)
        }
        return Set(texts.compactMap { $0.split(separator: " ").first })
    }

    @Test func betterRatedConversationsOnTheSameTopicAreChosen() throws {
        let lines = try run("held_out_fraction: 0.5")
        let (train, heldOut) = (try rows("train.jsonl"), try rows("held-out.jsonl"))
        #expect(!train.isEmpty && !heldOut.isEmpty)
        for row in train + heldOut {
            let (better, worse) = (row.extra["chosen_rating"]?.number, row.extra["rejected_rating"]?.number)
            #expect(try #require(better) - #require(worse) >= 2)
            guard case .messages(let prompt) = row.prompt, case .messages(let chosen) = row.chosen else {
                Issue.record("no messages")
                continue
            }
            #expect(prompt.map(\.role) == ["system"])
            #expect(prompt[0].content == "Two people chat. Topic: \(row.extra["topic"]?.string ?? "")")
            #expect(
                chosen.enumerated().allSatisfy { $1.role == ($0.isMultiple(of: 2) ? "user" : "assistant") })
            // The fixture writes each conversation's rating into its words.
            #expect(chosen[0].content.contains("rated \(Int(better ?? 0))"))
        }
        #expect(
            lines[1].hasPrefix(
                "of the conversations left out: 1 without ratings, 2 with the ratings that the form "))
        #expect(lines[1].contains("1 not of two people, 1 too short"))
    }

    @Test func nobodyIsOnBothSides() throws {
        for seed in [1, 2, 4, 6, 7, 42] {
            try run("held_out_fraction: 0.5", seed: seed)
            let (train, heldOut) = (try rows("train.jsonl"), try rows("held-out.jsonl"))
            #expect(authors(train).isDisjoint(with: authors(heldOut)), "seed \(seed)")
        }
    }

    @Test func aConversationIsUsedSoOften() throws {
        try run("held_out_fraction: 0.5\nuses: 1")
        let rows = try rows("train.jsonl")
        let texts = rows.flatMap { [$0.chosen, $0.rejected] }
        #expect(Set(texts).count == texts.count)
    }

    @Test func turnsAreKeptWhole() throws {
        try run("held_out_fraction: 0.5\nmax_words: 20\nmin_turns: 2")
        for row in try rows("train.jsonl") {
            guard case .messages(let messages) = row.chosen else { continue }
            let words = messages.map { $0.content.wordCount }
            #expect(words.reduce(0, +) <= 20)
            #expect(words.allSatisfy { $0 == 5 })
        }
    }

    @Test func brokenCorporaAreNamed() throws {
        try folder.write("[1]", to: "list.json")
        #expect(
            message(corpus: folder.path("list.json"))
                == "\(folder.path("list.json")): expected an object of conversations, found a list; correct or remove it"
        )
        try folder.write(#"{"a": {"prompt": "x", "ratings": {"witty": "very"}}}"#, to: "words.json")
        #expect(
            message(corpus: folder.path("words.json"))?.contains(
                "expected whole numbers from 1 to 10 as \"ratings\" in conversation a, found text") == true)
        for number in ["0", "11", "9223372036854775807"] {
            try folder.write(
                #"{"a": {"prompt": "x", "ratings": {"witty": 4, "kind": \#(number)}}}"#, to: "far.json")
            #expect(
                message(corpus: folder.path("far.json"))?.contains(
                    "expected whole numbers from 1 to 10 as \"ratings\" in conversation a, found \(number)")
                    == true)
        }
        try folder.write("{\n", to: "half.json")
        #expect(
            message(corpus: folder.path("half.json"))?.hasPrefix("\(folder.path("half.json")):2: ") == true)
    }

    @Test func oneSideWithoutComparisonsIsAnError() {
        #expect(message("min_gap: 9.5")?.contains("0 to train on and 0 held out") == true)
    }
}
