import Foundation
import JSON
import Testing
import Tokenization

@testable import Datasets

/// Rows as public data sets have them, read as rows of Heed's own schemas.
@Suite struct PublicFormatTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func rows<Row: DatasetRow>(_ lines: String..., as type: Row.Type = Row.self) throws -> [Row] {
        try JSONLines(folder.write(lines.joined(separator: "\n"), to: "x.jsonl")).load(type).map(\.row)
    }

    private func message<Row: DatasetRow>(_ line: String, as type: Row.Type) throws -> String {
        let error = try dataError {
            _ = try rows(
                #"{"prompt": "x", "completion": "y", "chosen": "c", "#
                    + #""rejected": "r", "response": "z", "rating": 1}"#, line, as: type)
        }
        return error.description.replacingOccurrences(of: error.file, with: "x.jsonl")
    }

    private func user(_ text: String) -> Message { Message(role: "user", content: text) }
    private func assistant(_ text: String) -> Message { Message(role: "assistant", content: text) }
    private func system(_ text: String) -> Message { Message(role: "system", content: text) }

    // MARK: ShareGPT

    @Test func shareGPT() throws {
        let line =
            #"{"id": 7, "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}, "#
            + #"{"from": "human", "value": "Bye"}, {"from": "gpt", "value": "See you"}], "system": "Be kind."}"#
        let messages = [
            system("Be kind."), user("Hi"), assistant("Hello"), user("Bye"), assistant("See you"),
        ]
        #expect(
            try rows(line) == [SupervisedRow.messages(MessagesRow(messages: messages, extra: ["id": 7]))])
        #expect(
            try rows(line) == [
                PromptRow(
                    prompt: .messages(Array(messages.dropLast())),
                    extra: ["id": 7, "messages": Text.json(messages)])
            ])
        // Some sets keep the layout and write the common names.
        #expect(
            try rows(#"{"conversations": [{"role": "user", "content": "Hi"}]}"#)
                == [MessagesRow(messages: [user("Hi")])])
    }

    @Test func shareGPTJudged() throws {
        let conversation = #""conversations": [{"from": "human", "value": "Hi"}"#
        let compared =
            #"{\#(conversation)], "chosen": {"from": "gpt", "value": "Hello"}, "rejected": {"from": "gpt", "value": "No"}}"#
        #expect(
            try rows(compared) == [
                ComparisonRow(
                    prompt: .messages([user("Hi")]), chosen: .messages([assistant("Hello")]),
                    rejected: .messages([assistant("No")]))
            ])
        #expect(
            try rows(#"{\#(conversation), {"from": "gpt", "value": "No"}], "kto_tag": false}"#) == [
                UnpairedRow(
                    prompt: .messages([user("Hi")]), completion: .messages([assistant("No")]), label: false)
            ])
    }

    @Test func badShareGPTIsNamed() throws {
        #expect(
            try message(
                #"{"conversations": [{"from": "cat", "value": "Miaow"}]}"#, as: SupervisedRow.self
            ).hasPrefix("x.jsonl:2: expected messages from assistant, chatgpt, gpt, human, "))
        for (line, expected) in [
            (
                #"{"conversations": []}"#,
                #"x.jsonl:2: expected at least one message in "conversations", found an empty list"#
            ),
            (
                #"{"conversations": [{"value": "Miaow"}]}"#,
                #"x.jsonl:2: expected text in "role", found no such column"#
            ),
            (
                #"{"conversations": ["Miaow"]}"#,
                #"x.jsonl:2: expected a list of objects in "conversations", found text"#
            ),
            (
                #"{"conversations": [{"from": "gpt", "value": 5}]}"#,
                #"x.jsonl:2: expected text in "value", found a number"#
            ),
        ] {
            #expect(try message(line, as: SupervisedRow.self).hasPrefix(expected))
        }
    }

    // MARK: Alpaca

    @Test func alpaca() throws {
        #expect(
            try rows(#"{"instruction": "Add.", "input": "2, 3", "output": "5"}"#) == [
                SupervisedRow.completion(
                    CompletionRow(
                        prompt: .messages([user("Add.\n2, 3")]), completion: .messages([assistant("5")])))
            ])
        let whole =
            #"{"instruction": "And 4?", "input": "", "output": "9", "system": "Sums.", "history": [["Add 2, 3", "5"]]}"#
        let prompt = [system("Sums."), user("Add 2, 3"), assistant("5"), user("And 4?")]
        #expect(
            try rows(whole) == [
                CompletionRow(prompt: .messages(prompt), completion: .messages([assistant("9")]))
            ])
        #expect(try rows(whole, as: PromptRow.self).map(\.prompt) == [.messages(prompt)])
        #expect(
            try rows(#"{"instruction": "Hi", "chosen": "Hello", "rejected": "No"}"#) == [
                ComparisonRow(
                    prompt: .messages([user("Hi")]), chosen: .messages([assistant("Hello")]),
                    rejected: .messages([assistant("No")]))
            ])
        #expect(
            try message(#"{"instruction": "x", "output": "y", "history": ["a"]}"#, as: CompletionRow.self)
                .hasPrefix(#"x.jsonl:2: expected pairs of question and answer in "history", found text"#))
        #expect(
            try message(#"{"instruction": "", "output": "y"}"#, as: CompletionRow.self)
                .hasPrefix(#"x.jsonl:2: expected an instruction in "instruction", found an empty one"#))
    }

    // MARK: OpenAI

    @Test func openAIPartsAndTools() throws {
        let line =
            #"{"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi "}, {"type": "text", "text": "you"}]}, "#
            + #"{"role": "assistant", "content": "Hello", "weight": 0}], "tools": [{"type": "function"}]}"#
        let row = try #require(try rows(line, as: MessagesRow.self).first)
        #expect(row.messages.map(\.content) == ["Hi you", "Hello"])
        #expect(row.messages.map(\.isLeftOut) == [false, true])
        #expect(row.extra["tools"] == [["type": "function"]])
        #expect(
            try message(
                #"{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]}"#,
                as: SupervisedRow.self
            ).hasPrefix("x.jsonl:2: expected messages of the form"))
    }

    /// A message of weight 0 is context: it is read and not learned, whatever else counts.
    @Test(arguments: [true, false]) func messagesOfNoWeightAreNotLearnt(assistantOnly: Bool) throws {
        let tokenizer = try Fixtures.tokenizer()
        func learned(_ weight: String) throws -> String {
            let line =
                #"{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "AB"\#(weight)}, "#
                + #"{"role": "user", "content": "R"}, {"role": "assistant", "content": "CD"}]}"#
            let preparation = SupervisedPreparation(
                tokenizer: tokenizer, maximumLength: nil, assistantOnly: assistantOnly)
            let row = try preparation.prepare(JSONLines(folder.write(line, to: "w.jsonl"))).rows[0]
            return tokenizer.decode(zip(row.tokens, row.labels).filter(\.1).map(\.0))
        }
        #expect(try learned("").contains("AB") && learned(#", "weight": 1"#) == learned(""))
        let without = try learned(#", "weight": 0"#)
        #expect(!without.contains("AB") && without.contains("CD<|im_end|>"))
        #expect(without == (try learned("").replacing("AB<|im_end|>", with: "")))
    }

    // MARK: Anthropic

    private let dialogue = #"\n\nHuman: Hi\n\nAssistant: Hello.\nAnd?\n\nHuman:  A pen \n\nAssistant:"#

    @Test func anthropicHH() throws {
        let line = #"{"chosen": "\#(dialogue) Yes. ", "rejected": "\#(dialogue) No"}"#
        let prompt = [user("Hi"), assistant("Hello.\nAnd?"), user("A pen")]
        #expect(
            try rows(line) == [
                ComparisonRow(
                    prompt: .messages(prompt), chosen: .messages([assistant("Yes.")]),
                    rejected: .messages([assistant("No")]))
            ])
        // As a prompt it keeps its answers beside it.
        let asked = try rows(line, as: PromptRow.self)
        #expect(asked.map(\.prompt) == [.messages(prompt)])
        #expect(asked[0].extra.keys.sorted() == ["chosen", "rejected"])
        // Dialogues that part ways earlier keep what differs; words of the person at the end are left out.
        let early =
            #"{"chosen": "\n\nHuman: Hi\n\nAssistant: A\n\nHuman: B\n\nAssistant: C\n\nHuman: D", "#
            + #""rejected": "\n\nHuman: Hi\n\nAssistant: E"}"#
        #expect(
            try rows(early) == [
                ComparisonRow(
                    prompt: .messages([user("Hi")]),
                    chosen: .messages([assistant("A"), user("B"), assistant("C")]),
                    rejected: .messages([assistant("E")]))
            ])
        // Text that only mentions the marks stays text.
        let plain = try rows(
            #"{"prompt": "x", "chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "c"}"#,
            as: ComparisonRow.self)
        #expect(plain[0].prompt == .plain("x"))
    }

    /// Where nothing differs there is no prompt to tell, and preparation drops and counts the row.
    @Test func dialoguesThatAreTheSameAreDropped() throws {
        let same = #"{"chosen": "\#(dialogue) Yes", "rejected": "\#(dialogue) Yes"}"#
        let other = #"{"chosen": "\#(dialogue) Yes", "rejected": "\#(dialogue) No"}"#
        let preparation = ComparisonPreparation(tokenizer: try Fixtures.tokenizer(), maximumLength: nil)
        let prepared = try preparation.prepare(
            JSONLines(folder.write(same + "\n" + other, to: "hh.jsonl")))
        #expect(prepared.rows.count == 1 && prepared.report.dropped[.noPrompt]?.count == 1)
    }

    // MARK: Ratings

    private let rated =
        #"{"source": "s", "instruction": "Hi", "completions": [{"response": "a", "overall_score": 7.5}, "#
        + #"{"response": "b", "overall_score": 9, "model": "m"}, {"response": "c", "overall_score": null}, "#
        + #"{"response": "d", "overall_score": 2}]}"#

    @Test func ultraFeedback() throws {
        let prompt = Text.messages([user("Hi")])
        let extra: JSONObject = ["source": "s"]
        #expect(
            try rows(rated)
                == [("a", 7.5), ("b", 9), ("d", 2)].map { text, rating in
                    RatedRow(
                        prompt: prompt, response: .messages([assistant(text)]), rating: rating, scale: 1...10,
                        extra: extra)
                })
        #expect(
            try rows(rated)
                == ["a", "d"].map { text in
                    ComparisonRow(
                        prompt: prompt, chosen: .messages([assistant("b")]),
                        rejected: .messages([assistant(text)]), extra: extra)
                })
        #expect(try rows(rated, as: PromptRow.self).map(\.prompt) == [prompt])
        #expect(
            try rows(rated, as: ResponsesRow.self)[0].responses.map(\.text) == ["a", "b", "d"])
        let lists = #"{"instruction": "Hi", "generations": ["a", "b"], "ratings": [3, null]}"#
        #expect(
            try rows(lists) == [
                RatedRow(prompt: prompt, response: .messages([assistant("a")]), rating: 3)
            ])
    }

    /// As a comparison a row of equal ratings says nothing; a file of such rows is an error.
    @Test func equalRatingsAreNoComparison() throws {
        let equal = #"{"instruction": "Hi", "generations": ["a", "b"], "ratings": [3, 3]}"#
        #expect(try rows(equal, rated, as: ComparisonRow.self).count == 2)
        let error = try dataError { _ = try rows(equal, as: ComparisonRow.self) }
        #expect(error.line == 1 && error.found == "answers that are all rated alike, in every row")
    }

    @Test func badRatingsAreNamed() throws {
        for (line, expected) in [
            (
                #"{"instruction": "x", "completions": [{"response": "a", "overall_score": 85}]}"#,
                #"x.jsonl:2: expected overall scores from 1 to 10 in "completions", found 85.0"#
            ),
            (
                #"{"instruction": "x", "completions": [{"response": 1, "overall_score": 5}]}"#,
                #"x.jsonl:2: expected text in "response", found a number"#
            ),
            (
                #"{"instruction": "x", "completions": []}"#,
                #"x.jsonl:2: expected at least one answer in "completions", found an empty list"#
            ),
            (
                #"{"instruction": "x", "generations": ["a"], "ratings": [1, 2]}"#,
                #"x.jsonl:2: expected one for each of the 1 generations in "ratings", found 2"#
            ),
            (
                #"{"instruction": "x", "generations": ["a"], "ratings": ["good"]}"#,
                #"x.jsonl:2: expected numbers in "ratings", found text"#
            ),
        ] {
            #expect(try message(line, as: RatedRow.self).hasPrefix(expected))
        }
    }

    // MARK: All

    /// What a row's own schema says comes first, and a format is not read as what it does not say.
    @Test func schemasComeFirst() throws {
        let row = #"{"prompt": "p", "completion": "c", "instruction": "i", "output": "o"}"#
        #expect(try rows(row, as: CompletionRow.self)[0].prompt == .plain("p"))
        #expect(
            try message(#"{"instruction": "i", "output": "o"}"#, as: ComparisonRow.self)
                .hasPrefix(#"x.jsonl:2: expected the columns "chosen" and "rejected""#))
    }

    /// Columns that are not named are not read.
    @Test func columnsCanBeChosen() throws {
        let file = try folder.write(
            #"{"prompt": "p", "completion": "c", "text": "t", "id": 1}"#, to: "c.jsonl")
        #expect(
            try JSONLines(file, columns: ["text"]).load(SupervisedRow.self).map(\.row) == [
                .text(TextRow(text: "t"))
            ])
    }

    /// Whatever stands in the columns, a row is read or refused with its place.
    @Test func garbageIsRefusedByName() throws {
        var random = seededGenerator(11)
        let values: [JSONValue] = [
            .null, true, 3, 0.5, "", "\n\nHuman: a\n\nAssistant: b", "\n\nHuman:", [], ["a"], [[]],
            [["a", "b"]], [:],
            [["from": "human", "value": "x"]], [["from": 3]], [["response": "r", "overall_score": 4]],
            [["response": .null]], ["from": "gpt", "value": "y"],
        ]
        let names = [
            "conversations", "chosen", "rejected", "system", "kto_tag", "instruction", "input", "output",
            "history",
            "completions", "generations", "ratings", "messages", "prompt",
        ]
        func pick<Element>(_ list: [Element]) -> Element { list[Int(random.next(below: UInt64(list.count)))] }
        var readCount = 0
        for _ in 0..<3000 {
            var columns = JSONObject()
            for _ in 0..<5 { columns[pick(names)] = pick(values) }
            let file = try folder.write(JSONValue.object(columns).text(), to: "g.jsonl")
            for read in [
                { try JSONLines(file).load(SupervisedRow.self).count },
                { try JSONLines(file).load(ComparisonRow.self).count },
                { try JSONLines(file).load(RatedRow.self).count },
                { try JSONLines(file).load(PromptRow.self).count },
            ] {
                do { readCount += try read() } catch let error as DataError { #expect(error.line == 1) }
            }
        }
        #expect(readCount > 100)
    }
}
