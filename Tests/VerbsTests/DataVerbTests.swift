import Datasets
import Foundation
import Runs
import Settings
import TestSupport
import Testing
import Tokenization

@testable import Verbs

@Suite struct DataVerbTests {
    private let folder: ScratchFolder
    private let corpus = Fixtures.root.appending(path: "conversations").path

    init() throws { folder = try ScratchFolder() }

    /// Runs a verb with settings as a recipe's stage has them, and returns what it says.
    @discardableResult
    private func run(_ verb: Verb, _ settings: String, output: String, seed: Int = 42) throws -> [String] {
        let file = try folder.write(settings, to: "settings.yaml")
        let flags = [
            ConfigurationOverride(flag: "--output", value: folder.path(output)),
            ConfigurationOverride(flag: "--seed", value: seed),
        ]
        return try verb.prepare(ConfigurationReader(file: file, overrides: flags))
            .run(mode: .force, progress: ProgressDisplay(style: .quiet), origin: .init(command: "")).lines
    }

    private func message(_ verb: Verb, _ settings: String) -> String? {
        do { try run(verb, settings, output: "x") } catch { return "\(error)" }
        return nil
    }

    private func prompts(_ file: String) throws -> [String] {
        try JSONLines(folder.url.appending(path: file)).load(PromptRow.self).map { sourced in
            guard case .messages(let messages) = sourced.row.prompt, messages.count == 1 else { return "" }
            return messages[0].content
        }
    }

    @Test func promptsAreTheOpeningsOfConversations() throws {
        try run(.prompts, "corpus: \(corpus)", output: "p")
        let (train, heldOut) = (try prompts("p/train.jsonl"), try prompts("p/held-out.jsonl"))
        #expect(
            Set(train + heldOut) == [
                "How do I boil an egg?", "What goes with rice?", "Is my bread done yet?",
                "Which knife should I buy?",
                "Can soup be frozen?", "Why does milk boil over?", "Will it rain today",
                "Why is the sky blue?",
                "How warm was it yesterday?", "Does snow make a sound?", "Where do storms come from?",
                "Who measures the wind?",
            ])
        #expect(train.count + heldOut.count == 12)
        let split = HeldOutSplit(fraction: 0.4)
        #expect(heldOut.allSatisfy(split.isHeldOut) && !train.contains(where: split.isHeldOut))
    }

    @Test func limitsTakeTopicsInTurn() throws {
        try run(.prompts, "corpus: \(corpus)\ntrain: 4\nheld_out: 1", output: "p")
        let rows = try JSONLines(folder.url.appending(path: "p/train.jsonl")).load(PromptRow.self)
        #expect(rows.map { $0.row.extra["topic"]?.string } == ["kitchen", "weather", "kitchen", "weather"])
        #expect(try prompts("p/held-out.jsonl").count == 1)

        try run(.prompts, "corpus: \(corpus)\nper_topic: 1", output: "p")
        #expect(try prompts("p/train.jsonl").count == 2)
    }

    @Test func everydayPromptsAreBroughtAlong() throws {
        try run(.prompts, "corpus: everyday\nsystem: Be kind.", output: "p")
        let rows = try ["train", "held-out"].flatMap {
            try JSONLines(folder.url.appending(path: "p/\($0).jsonl")).load(PromptRow.self).map(\.row)
        }
        let topics = Dictionary(grouping: rows) { $0.extra["topic"]?.string ?? "" }
        #expect(topics.count == 10 && topics.values.allSatisfy { $0.count >= 27 })
        #expect(
            rows.contains {
                $0.prompt
                    == .messages([
                        Message(role: "system", content: "Be kind."),
                        Message(role: "user", content: "I am nervous about my driving test."),
                    ])
            })
        #expect(topics["unknowable"]?.allSatisfy { $0.extra["unknowable"] == true } == true)
        #expect(topics["joy"]?.allSatisfy { $0.extra["unknowable"] == nil } == true)
        let questions = rows.map { "\($0.prompt)" }
        #expect(Set(questions).count == rows.count)
        #expect(!questions.contains { $0.contains("…") })
    }

    @Test func theSeedChooses() throws {
        func chosen(_ seed: Int) throws -> String {
            try run(.prompts, "corpus: \(corpus)\ntrain: 2", output: "p", seed: seed)
            return try folder.text("p/train.jsonl")
        }
        #expect(try chosen(1) == chosen(1))
        #expect(try Set((1...8).map(chosen)).count > 1)
    }

    @Test func topicsCanBeLeftOut() throws {
        try run(.prompts, "corpus: \(corpus)\nexclude: kitchen\nheld_out_fraction: 0.5", output: "p")
        #expect(try prompts("p/train.jsonl").count + prompts("p/held-out.jsonl").count == 6)
        #expect(
            message(.prompts, "corpus: \(corpus)\nexclude: garden")
                == "exclude: expected topics out of kitchen, weather, found garden")
    }

    @Test func textIsAnswersThatArePromptsNowhere() throws {
        try run(.text, "corpus: \(corpus)", output: "t.jsonl")
        let texts = try JSONLines(folder.url.appending(path: "t.jsonl")).load(TextRow.self).map(\.row.text)
        #expect(texts.count == 10)
        #expect(texts.allSatisfy { $0.wordCount >= 10 })
        #expect(texts.contains("Knock on it, and if it sounds hollow then it is done all the way through."))

        try run(.text, "corpus: \(corpus)\nwords: 20", output: "t.jsonl")
        #expect(try JSONLines(folder.url.appending(path: "t.jsonl")).load(TextRow.self).count == 2)
        #expect(
            message(.text, "corpus: \(corpus)\nmin_words: 99")
                == "\(corpus): expected texts of at least 99 words, found none; lower min_words, or name another corpus"
        )
    }

    @Test func textsOfSeveralCorporaAreGatheredAndSplit() throws {
        try folder.write("To be or not to be.\n", to: "plays/a.txt")
        try folder.write("All the world is a stage.", to: "plays/b.txt")
        try folder.write(
            #"{"messages": [{"role": "user", "content": "How are you, old friend?"}, "#
                + #"{"role": "assistant", "content": "Well."}]}"#, to: "chats.jsonl")
        let settings = """
            corpus: [\(folder.path("plays")), \(folder.path("chats.jsonl"))]
            min_words: 4
            """
        try run(.text, settings, output: "t.jsonl")
        let texts = try JSONLines(folder.url.appending(path: "t.jsonl")).load(TextRow.self).map(\.row.text)
        #expect(
            Set(texts) == [
                "To be or not to be.\n", "All the world is a stage.", "How are you, old friend?\nWell.",
            ])
        try run(.split, "data: \(folder.path("t.jsonl"))\nheld_out_fraction: 0.5", output: "s")
        let sides = try ["train", "held-out"].map {
            try JSONLines(folder.url.appending(path: "s/\($0).jsonl")).load(TextRow.self).map(\.row.text)
        }
        #expect(sides.allSatisfy { !$0.isEmpty } && Set(sides.joined()) == Set(texts))
        #expect(
            message(.text, settings + "\nexclude: kitchen")
                == "exclude: expected none, as no corpus here has topics, found kitchen")
    }

    @Test func conversationsOfTwoBecomeDemonstrations() throws {
        func conversation(_ turns: [(String, String)]) -> String {
            let turns = turns.map { #"[{"sender": "\#($0)", "text": "\#($1)"}]"# }.joined(separator: ",")
            return #"{"prompt": "Tea?", "messages": [\#(turns)]}"#
        }
        let two = (0..<12).map {
            ("c\($0)", conversation([("a\($0)", "Hi"), ("b\($0)", "Hello"), ("a\($0)", "Tea?")]))
        }
        let others = [
            ("alone", conversation([("a", "Hi")])),
            ("three", conversation([("a", "Hi"), ("b", "Hello"), ("c", "Me too")])),
        ]
        let members = (two + others).map { #""\#($0)": \#($1)"# }.joined(separator: ",")
        try folder.write("{\(members)}", to: "chats.json")
        let lines = try run(
            .conversations, "corpus: \(folder.path("chats.json"))\nsystem: Be kind.\nheld_out_fraction: 0.4",
            output: "c")
        let rows = try ["train", "held-out"].map {
            try JSONLines(folder.url.appending(path: "c/\($0).jsonl")).load(MessagesRow.self).map(\.row)
        }
        // Those of people on both sides are left out.
        #expect(rows.allSatisfy { !$0.isEmpty } && rows.joined().count <= 12)
        #expect(
            rows.joined().allSatisfy {
                $0.messages == [
                    Message(role: "system", content: "Be kind."), Message(role: "user", content: "Hi"),
                    Message(role: "assistant", content: "Hello"),
                ] && $0.extra["topic"] == "Tea?"
            })
        #expect(lines.last?.contains("2 not of two people, 0 too short") == true)
    }

    @Test func splitKeepsThePromptsOfOneSideTogether() throws {
        let rows = (0..<40).flatMap { prompt in
            (0..<3).map {
                #"{"prompt": "p\#(prompt)", "chosen": "a\#($0)", "rejected": "b", "note": [1, 2]}"#
            }
        }
        try folder.write(rows.joined(separator: "\n"), to: "rows.jsonl")
        try run(.split, "data: \(folder.path("rows.jsonl"))\nheld_out_fraction: 0.3", output: "s")
        func load(_ file: String) throws -> [ComparisonRow] {
            try JSONLines(folder.url.appending(path: file)).load(ComparisonRow.self).map(\.row)
        }
        let (train, heldOut) = (try load("s/train.jsonl"), try load("s/held-out.jsonl"))
        #expect(train.count + heldOut.count == 120)
        // By FNV-1a and SplitMix64 of `42 "p0"` … in Python: the sides must stay what they are from version to version.
        let expected = [0, 3, 5, 6, 9, 12, 19, 20, 21, 22, 28, 29, 31, 34, 36, 37, 39]
        #expect(Set(heldOut.map(\.prompt)) == Set(expected.map { .plain("p\($0)") }))
        #expect(Set(train.map(\.prompt)).isDisjoint(with: heldOut.map(\.prompt)))
        #expect(train.allSatisfy { $0.extra["note"] == [1, 2] })
        #expect(
            message(.split, "held_out_fraction: 0.5")?.hasSuffix(
                "data: expected a .jsonl file, found nothing") == true)
    }

    @Test func brokenCorporaAreNamed() throws {
        try folder.write("conversations: hello\n", to: "bad.yml")
        #expect(
            message(.prompts, "corpus: \(folder.url.path)")
                == "\(folder.path("bad.yml")): expected a YAML list of lists of text under 'conversations', "
                + "found none; correct the file, or leave its topic out with exclude")
        #expect(
            message(.prompts, "corpus: chaterbot-english")
                == "'chaterbot-english' is not in the catalogue; did you mean 'chatterbot-english'?")
    }

    // MARK: Judgments of groups

    private func comparisons(_ name: String, _ count: Int) throws -> String {
        let rows = (0..<count).map {
            #"{"prompt": "Q\#($0)?", "chosen": "\#(name) \#($0)", "rejected": "no"}"# + "\n"
        }
        return try folder.write(rows.joined(), to: "\(name).jsonl").path
    }

    @Test func mixTakesRowsInShares() throws {
        let (a, b) = (try comparisons("a", 20), try comparisons("b", 10))
        func mixed() throws -> [String] {
            try JSONLines(folder.url.appending(path: "mixed.jsonl")).load(ComparisonRow.self)
                .compactMap(\.row.chosen.json.string)
        }
        try run(.mix, "data: ['\(a)', '\(b)']", output: "mixed.jsonl")
        #expect(try mixed().count == 30 && Set(mixed()).count == 30)
        // A fifth and four fifths of thirty: six of the twenty, each of the ten twice and four of them a third time.
        try run(.mix, "{data: ['\(a)', '\(b)'], shares: [0.2, 0.8]}", output: "mixed.jsonl")
        let counts = Dictionary(grouping: try mixed()) { $0 }.mapValues(\.count)
        #expect(counts.filter { $0.key.hasPrefix("a") }.map(\.value) == Array(repeating: 1, count: 6))
        #expect(
            counts.filter { $0.key.hasPrefix("b") }.map(\.value).sorted()
                == Array(repeating: 2, count: 6) + Array(repeating: 3, count: 4))
        #expect(
            message(.mix, "{data: ['\(a)'], shares: [0.2, 0.8]}")?.contains(
                "expected one for each of data, found 2 for 1")
                == true)
        #expect(message(.mix, "{data: ['\(a)'], shares: [0]}")?.contains("one of them above 0") == true)
    }

    @Test func habitsAreOfFilesByName() throws {
        let a = try comparisons("a", 3)
        try run(.habits, "judgments: ['one=\(a)', 'two=\(a)']", output: "habits")
        #expect(try folder.text("habits/habits.json").contains("\"compared\": 3"))
        #expect(
            message(.habits, "judgments: x.jsonl")?.contains("expected NAME=FILE, found 'x.jsonl'") == true)
    }
}
