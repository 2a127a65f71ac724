import Datasets
import JSON
import Tokenization

extension FuzzFormat {
    /// What most other formats are made of.
    static let json = [
        FuzzFormat(
            "json", .text, sources: ["Datasets/JSONLines.swift"],
            samples: [
                #"{"a": [1, -2.5e3, true, null, "x\n\u00e9\ud83d\ude00"], "b": {"c": {}, "d": [[]]}, "e": 0}"#
            ], words: ["\\u", "\\ud83d", "\\", ",", ":", "]", "}", "e+", "//", "'"]
        ) { input in
            let object = try JSONObject(line: input.bytes, at: Place(file: "json", line: 1))
            // What was read is written so that it reads as the same again.
            let text = JSONValue.object(object).text()
            let again = try JSONValue(parsing: Array(text.utf8), tolerating: .largeIntegers)
            guard again == .object(object) else { throw NotTheSame() }
        },
        FuzzFormat(
            "messages", .json, sources: ["Tokenization/Templates/Message.swift"],
            samples: [
                #"{"role": "user", "content": "Hi", "name": "Ada", "weight": 0}"#,
                #"{"role": "assistant", "content": "Yes", "tool_calls": [{"function": {"arguments": {"x": 1.0}}}]}"#,
            ]
        ) { input in
            let object = try JSONObject(line: input.bytes, at: Place(file: "messages", line: 1))
            _ = try Message(.object(object)).json
        },
    ]

    private struct NotTheSame: Error {}
}
