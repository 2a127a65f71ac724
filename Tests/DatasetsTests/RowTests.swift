import Foundation
import JSON
import Testing
import Tokenization

@testable import Datasets

@Suite struct RowTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read<Row: DatasetRow>(_ line: String, as type: Row.Type = Row.self) throws -> Row {
        let file = try folder.write(line, to: "x.jsonl")
        return try #require(try JSONLines(file).load(type).first?.row)
    }

    private func message<Row: DatasetRow>(_ line: String, as type: Row.Type) throws -> String {
        let error = try dataError { _ = try read(line, as: type) }
        return error.description.replacingOccurrences(of: error.file, with: "x.jsonl")
    }

    private func expectRoundTrip<Row: DatasetRow & Equatable>(_ line: String, _ row: Row) throws {
        #expect(try read(line, as: Row.self) == row)
        let file = folder.url.appendingPathComponent("written.jsonl")
        let writer = try JSONLinesWriter(file)
        try writer.append(row)
        try writer.finish()
        #expect(try String(contentsOf: file, encoding: .utf8) == line + "\n")
    }

    private let question: Text = .messages([Message(role: "user", content: "Hi")])
    private let answer: Text = .messages([Message(role: "assistant", content: "Hello")])

    // MARK: Every schema

    @Test func everySchemaIsReadAndWritten() throws {
        try expectRoundTrip(
            #"{"text": "a", "source": {"b": 1, "c": [null]}}"#,
            TextRow(text: "a", extra: ["source": ["b": 1, "c": [.null]]]))
        try expectRoundTrip(
            #"{"messages": [{"content": "Hi", "name": "Ann", "role": "user"}], "id": 7}"#,
            MessagesRow(
                messages: [Message(role: "user", content: "Hi", additional: ["name": "Ann"])],
                extra: ["id": 7]))
        try expectRoundTrip(
            #"{"prompt": "2 + 2 =", "answer": 4}"#, PromptRow(prompt: .plain("2 + 2 ="), extra: ["answer": 4])
        )
        try expectRoundTrip(
            #"{"prompt": [{"content": "Hi", "role": "user"}], "completion": [{"content": "Hello", "role": "assistant"}]}"#,
            CompletionRow(prompt: question, completion: answer))
        try expectRoundTrip(
            #"{"prompt": "p", "chosen": "c", "rejected": "", "margin": 0.5, "annotator": "ann", "group": "g", "#
                + #""aspect": "safe", "created_at": "2026-01-02T03:04:05Z", "policy": "ab12", "note": "n"}"#,
            ComparisonRow(
                prompt: .plain("p"), chosen: .plain("c"), rejected: .plain(""), margin: 0.5,
                context: JudgmentContext(
                    annotator: "ann", group: "g", aspect: "safe", createdAt: "2026-01-02T03:04:05Z",
                    policy: "ab12"),
                extra: ["note": "n"]))
        try expectRoundTrip(
            #"{"chosen": "p c", "rejected": "p r"}"#,
            ComparisonRow(prompt: nil, chosen: .plain("p c"), rejected: .plain("p r")))
        try expectRoundTrip(
            #"{"prompt": "p", "completion": "c", "label": false}"#,
            UnpairedRow(prompt: .plain("p"), completion: .plain("c"), label: false))
        try expectRoundTrip(
            #"{"prompt": "p", "responses": ["a", "b", "c"], "ranking": [2, 1, 2]}"#,
            RankedRow(
                prompt: .plain("p"), responses: [.plain("a"), .plain("b"), .plain("c")], ranking: [2, 1, 2]))
        try expectRoundTrip(
            #"{"prompt": "p", "response": "r", "rating": 4.5, "scale": [1.0, 5.0], "annotator": "7"}"#,
            RatedRow(
                prompt: .plain("p"), response: .plain("r"), rating: 4.5, scale: 1...5,
                context: JudgmentContext(annotator: "7")))
        try expectRoundTrip(
            #"{"prompt": "p", "responses": [{"finish": "length", "text": "a", "tokens": [3]}, {"text": ""}], "#
                + #""policy": "ab12", "topic": "t"}"#,
            ResponsesRow(
                prompt: .plain("p"),
                responses: [
                    Response(text: "a", finish: .length, extra: ["tokens": [3]]), Response(text: ""),
                ],
                policy: "ab12", extra: ["topic": "t"]))
    }

    @Test func responsesAreObjectsThatEndInAKnownWay() throws {
        #expect(
            try message(#"{"prompt": "p", "responses": ["a"]}"#, as: ResponsesRow.self)
                == "x.jsonl:1: expected a list of objects in \"responses\", found text; fix or remove the row"
        )
        #expect(
            try message(
                #"{"prompt": "p", "responses": [{"text": "a", "finish": "x"}]}"#, as: ResponsesRow.self
            )
            .contains(#"expected one of "stop", "length", "ended" in "finish", found "x""#))
    }

    @Test func shorthandsAreUnderstood() throws {
        let rated = try read(
            #"{"prompt": "p", "response": "r", "rating": 4, "scale": 5, "annotator": 7, "group": null}"#,
            as: RatedRow.self)
        #expect(rated.scale == 1...5)
        #expect(rated.context == JudgmentContext(annotator: "7"))
        #expect(rated.extra.isEmpty)
    }

    @Test func anyRowWithAPromptIsAPrompt() throws {
        let row = try read(
            #"{"prompt": "p", "responses": [{"text": "r"}], "finish": null}"#, as: PromptRow.self)
        #expect(
            row == PromptRow(prompt: .plain("p"), extra: ["responses": [["text": "r"]], "finish": .null]))
    }

    @Test func supervisedRowsMayBeMixed() throws {
        let file = try folder.write(
            """
            {"text": "a"}
            {"prompt": "p", "completion": "c"}
            {"messages": [{"role": "user", "content": "Hi"}], "prompt": "Hi"}
            """, to: "mixed.jsonl")
        let rows = try JSONLines(file).load(SupervisedRow.self).map(\.row)
        #expect(
            rows == [
                .text(TextRow(text: "a")),
                .completion(CompletionRow(prompt: .plain("p"), completion: .plain("c"))),
                .messages(
                    MessagesRow(messages: [Message(role: "user", content: "Hi")], extra: ["prompt": "Hi"])),
            ])
    }

    @Test func promptRepeatedAsTextBesideConversationsIsDropped() throws {
        let line =
            #"{"prompt": "Hi", "chosen": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "a"}], "#
            + #""rejected": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "b"}]}"#
        let row = try read(line, as: ComparisonRow.self)
        #expect(row.prompt == question)
        #expect(row.chosen == .messages([Message(role: "assistant", content: "a")]))
    }

    // MARK: Detection

    @Test(arguments: [
        (["prompt", "chosen", "rejected"], DatasetSchema.comparison), (["chosen", "rejected"], .comparison),
        (["prompt", "completion"], .completion), (["prompt", "completion", "label"], .unpaired),
        (["prompt", "responses", "ranking"], .ranked), (["prompt", "response", "rating"], .rated),
        (["prompt", "responses"], .responses), (["messages", "prompt"], .messages), (["text"], .text),
        (["prompt", "chosen"], .prompt), (["prompt", "chosen", "rejected", "messages"], .comparison),
    ])
    func schemasAreDetected(_ columns: [String], _ schema: DatasetSchema) {
        #expect(DatasetSchema.detect(JSONObject(columns.map { (key: $0, value: "x") })) == schema)
    }

    @Test func unknownAndNullColumnsAreNoSchema() {
        #expect(DatasetSchema.detect(["query": "x"]) == nil)
        #expect(DatasetSchema.detect(["text": .null]) == nil)
        #expect(DatasetSchema.detect(["prompt": "x", "completion": "y", "label": .null]) == .completion)
    }

    @Test func anotherSchemaIsNamedWithTheVerbForIt() throws {
        #expect(
            try message(#"{"prompt": "p", "completion": "c"}"#, as: ComparisonRow.self) == """
                x.jsonl:1: expected the columns "chosen" and "rejected" (beside "prompt", or both beginning with it), \
                found "completion" and "prompt"; use heed sft for such rows, or give rows with the expected columns
                """)
        #expect(
            try message(#"{"prompt": "p", "completion": "c", "label": false}"#, as: SupervisedRow.self) == """
                x.jsonl:1: expected the columns "prompt" and "completion", or "messages", or "text", found \
                "completion", "label" and "prompt"; use heed reward or heed kto for such rows, or give rows with the \
                expected columns
                """)
        #expect(
            try message(#"{"prompt": "p", "chosen": "c"}"#, as: ComparisonRow.self).hasSuffix(
                #"found "chosen" and "prompt"; add "rejected""#))
        #expect(
            try message(#"{"prompt": "p"}"#, as: ComparisonRow.self).hasSuffix(
                #"found "prompt"; use heed sample, heed ppo or heed grpo for such rows, or give rows with the "#
                    + "expected columns"))
        #expect(
            try message(#"{"prompt": "p"}"#, as: SupervisedRow.self).hasSuffix(
                #"found "prompt"; add "completion""#))
        #expect(
            try message(#"{"text": null}"#, as: TextRow.self) == """
                x.jsonl:1: expected the columns "text", found no columns; rename the columns or give another file
                """)
    }

    // MARK: Wrong content

    @Test func wrongTypesAreNamed() throws {
        #expect(
            try message(#"{"prompt": "p", "completion": ""}"#, as: CompletionRow.self)
                == #"x.jsonl:1: expected a completion in "completion", found an empty one; fix or remove the row"#
        )
        #expect(
            try message(
                #"{"prompt": [{"role": "user", "content": "Hi"}], "completion": [{"role": "assistant", "content": ""}]}"#,
                as: CompletionRow.self
            ).contains("found an empty one"))
        #expect(
            try message(#"{"prompt": "", "x": 1}"#, as: PromptRow.self)
                == #"x.jsonl:1: expected a prompt in "prompt", found an empty one; fix or remove the row"#)
        #expect(
            try message(#"{"prompt": 3, "completion": "c"}"#, as: CompletionRow.self) == """
                x.jsonl:1: expected text or a list of messages in "prompt", found a number; fix or remove the row
                """)
        #expect(
            try message(#"{"prompt": "p", "completion": "c", "label": "yes"}"#, as: UnpairedRow.self)
                == #"x.jsonl:1: expected true or false in "label", found text; fix or remove the row"#)
        #expect(
            try message(#"{"chosen": "a", "rejected": "b", "margin": "big"}"#, as: ComparisonRow.self)
                == #"x.jsonl:1: expected a number in "margin", found text; fix or remove the row"#)
        #expect(
            try message(#"{"prompt": "p", "response": "r", "rating": 6, "scale": 5}"#, as: RatedRow.self)
                == #"x.jsonl:1: expected a number from 1.0 to 5.0 in "rating", found 6.0; fix or remove the row"#
        )
        #expect(
            try message(#"{"prompt": "p", "response": "r", "rating": 6, "scale": [5, 1]}"#, as: RatedRow.self)
                == """
                x.jsonl:1: expected a number above 1.0 or a list of two rising numbers in "scale", found [5, 1]; \
                fix or remove the row
                """)
        #expect(
            try message(#"{"prompt": "p", "responses": ["a", "b"], "ranking": [1]}"#, as: RankedRow.self)
                == """
                x.jsonl:1: expected a rank for each of the 2 responses in "ranking", found 1; fix or remove the row
                """)
        #expect(
            try message(#"{"prompt": "p", "responses": ["a"], "ranking": [1]}"#, as: RankedRow.self)
                == #"x.jsonl:1: expected at least two responses in "responses", found 1; fix or remove the row"#
        )
    }

    @Test func wrongMessagesAreNamed() throws {
        let form = #"expected messages of the form {"role": …, "content": …} in "messages", found"#
        for (messages, complaint) in [
            (#"["Hi"]"#, "\(form) text among them"),
            (#"[{"role": "user"}]"#, "\(form) one without \"content\""),
            (#"[{"content": "Hi"}]"#, "\(form) one without \"role\""),
            (#"[{"role": "user", "content": ["Hi"]}]"#, "\(form) a list as \"content\""),
            ("[]", #"expected at least one message in "messages", found an empty list"#),
            (#""Hi""#, #"expected a list of messages in "messages", found text"#),
            (
                #"[{"role": "assistant", "content": "", "tool_calls": [{}]}]"#,
                #"expected messages of text only in "messages", found a list as "tool_calls""#
            ),
        ] {
            let found = try message("{\"messages\": \(messages)}", as: MessagesRow.self)
            #expect(found == "x.jsonl:1: \(complaint); fix or remove the row")
        }
    }

    /// An answer as text beside a prompt as messages is what the assistant says.
    @Test func anAnswerAsTextIsTheAssistants() throws {
        let prompt = #""prompt": [{"role": "user", "content": "p"}]"#
        func answer(_ text: String) -> Text { .messages([Message(role: "assistant", content: text)]) }
        func first<Row: DatasetRow>(_ columns: String, as type: Row.Type) throws -> Row {
            var fields = RowFields(
                try JSONObject(
                    line: Data("{\(prompt), \(columns)}".utf8), at: Place(file: "x.jsonl", line: 1)),
                place: Place(file: "x.jsonl", line: 1))
            return try Row(from: &fields)
        }
        #expect(try first(#""completion": "c""#, as: CompletionRow.self).completion == answer("c"))
        #expect(
            try first(#""completion": "c", "label": true"#, as: UnpairedRow.self).completion == answer("c"))
        let pair = try first(#""chosen": "a", "rejected": "b""#, as: ComparisonRow.self)
        #expect(pair.chosen == answer("a") && pair.rejected == answer("b"))
        #expect(
            try first(#""responses": ["a", "b"], "ranking": [1, 2]"#, as: RankedRow.self).responses
                == [answer("a"), answer("b")])
        #expect(try first(#""response": "a", "rating": 1"#, as: RatedRow.self).response == answer("a"))
    }

    @Test(arguments: [
        ("usr", "user"), ("assistent", "assistant"), ("User", "user"), ("systm", "system"), ("tools", "tool"),
    ])
    func misspeltRolesAreRefused(_ role: String, _ meant: String) throws {
        let found = try message(
            #"{"messages": [{"role": "\#(role)", "content": "a"}]}"#, as: MessagesRow.self)
        #expect(
            found.hasPrefix(
                #"x.jsonl:1: expected the role "\#(meant)" in "messages", found "\#(role)"; correct the role"#
            ))
    }

    /// Templates may know any.
    @Test(arguments: ["user", "developer", "model", "narrator", "observation", "critic"])
    func otherRolesAreRoles(_ role: String) throws {
        var fields = RowFields(
            ["messages": [["role": .string(role), "content": "a"]]], place: Place(file: "x", line: 1))
        #expect(try MessagesRow(from: &fields).messages[0].role == role)
    }

    @Test func textAndMessagesDoNotMix() throws {
        #expect(
            try message(
                #"{"prompt": "p", "completion": [{"role": "assistant", "content": "c"}]}"#,
                as: CompletionRow.self)
                    == """
                    x.jsonl:1: expected text, as in "prompt", in "completion", found a list of messages; \
                    write both as text or both as messages
                    """)
        #expect(
            try message(
                #"{"prompt": "p", "chosen": [{"role": "assistant", "content": "a"}], "#
                    + #""rejected": [{"role": "assistant", "content": "b"}]}"#, as: ComparisonRow.self
            ).contains(#"expected text, as in "prompt", in "chosen""#))
        #expect(
            try message(
                #"{"chosen": "a", "rejected": [{"role": "user", "content": "b"}]}"#, as: ComparisonRow.self
            )
            .contains(#"in "rejected", found a list of messages"#))
    }
}
