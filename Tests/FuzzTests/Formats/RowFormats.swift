import Datasets
import Files
import Foundation
import Hashing
import TestSupport
import Tokenization

@testable import Checkpoints

extension FuzzFormat {
    /// Rows in every layout.
    static let rows = [
        FuzzFormat(
            "plain text", .text, sources: ["Datasets/Reading/TextFiles.swift"],
            samples: ["Some words, größere Wörter: 字 😀 3.14\r\nand a second line\n"],
            words: ["\u{FEFF}", "\u{0301}"]
        ) { input in
            let texts = try TextFiles([input.file("text.txt")]).texts()
            for family in ["gpt2", "llama3", #"\w+|\s"#] {
                guard let training = TokenizerTraining(vocabularySize: 300, preTokenizer: family) else {
                    continue
                }
                let trainer = TokenizerTrainer(training)
                for text in texts { trainer.add(TrainingText(Array(text.utf8))) }
                let tokenizer = try trainer.learn().tokenizer()
                for text in texts where tokenizer.decode(tokenizer.encode(text)) != text {
                    preconditionFailure(text)
                }
            }
        },
        FuzzFormat(
            "token-shards", .binary, sources: ["Datasets/Shards/TokenShard.swift"], samples: [shard],
            frame: { $0 + SHA256.hash(of: $0) }
        ) { _ in
            { input in
                let shard = try TokenShard(contentsOf: input.file("text.tokens"), vocabularySize: 512)
                for length in [2, 7] {
                    let rows = TokenRows(shard, length: length, seed: UInt64(length))
                    for row in 0..<rows.count { _ = rows[row] }
                }
            }
        },
        FuzzFormat(
            "rows", .json, sources: [], samples: rowSamples, words: ["\r\n", "\u{FEFF}", "{}\n", "[]\n"]
        ) { input in
            let lines = try JSONLines(input.file("rows.jsonl"))
            let schema = try lines.detectSchema()
            switch schema {
            case .comparison, .unpaired, .ranked, .rated: _ = try lines.load(JudgmentRow.self)
            case .completion, .messages, .text: _ = try lines.load(SupervisedRow.self)
            case .responses: _ = try lines.load(ResponsesRow.self)
            case .prompt: _ = try lines.load(PromptRow.self)
            }
        },
        FuzzFormat(
            "public-rows", .json, sources: [], samples: publicSamples
        ) { input in
            let lines = try JSONLines(input.file("rows.jsonl"))
            _ = try? lines.load(ComparisonRow.self)
            _ = try? lines.load(UnpairedRow.self)
            _ = try lines.load(SupervisedRow.self)
        },
        FuzzFormat(
            "public-comparisons", .json, sources: [], samples: publicComparisons,
            words: ["\n\nHuman: ", "\n\nAssistant: "]
        ) { input in
            let lines = try JSONLines(input.file("rows.jsonl"))
            _ = try? lines.load(ComparisonRow.self)
            _ = try lines.load(JudgmentRow.self)
        },
        FuzzFormat(
            "template-columns", .json, sources: ["Datasets/TemplateColumns.swift"], samples: templateColumns
        ) { input in
            for row in try JSONLines(input.file("rows.jsonl")).load(PromptRow.self) {
                _ = try TemplateColumns.variables(in: row.row.extra, at: row.place)
            }
        },
    ]

    private static let templateColumns = [
        #"{"prompt": [{"role": "user", "content": "a"}], "tools": [{"type": "function", "function": {"name": "f"}}], "#
            + #""chat_template_kwargs": {"enable_thinking": false}}"#,
        #"{"prompt": [{"role": "user", "content": "a"}], "tools": "[{\"name\": \"f\"}]"}"#,
    ]

    private static let rowSamples = [
        #"{"prompt": "a", "chosen": "b", "rejected": "c", "margin": 0.5, "group": "x", "annotator": "Ada"}"#,
        #"{"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "b"}], "#
            + #""label": true, "weight": 0.5}"#,
        #"{"prompt": "a", "responses": ["b", "c", "d"], "ranking": [1, 2, 2]}"#,
        #"{"prompt": "a", "response": "b", "rating": 3, "scale": [1, 5], "aspect": "kind"}"#,
        #"{"prompt": "a", "responses": [{"text": "b", "tokens": [1, 2], "logprobs": [-0.5, -1e-3], "finish": "#
            + #""stop", "score": 1.5}, {"text": "c"}], "step": 3}"#,
        #"{"prompt": "a", "completion": "b"}"#, #"{"text": "a"}"#, #"{"prompt": "a", "answer": 4}"#,
        #"{"messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}, "#
            + #"{"role": "assistant", "content": "c", "weight": 0}]}"#,
        "{\"prompt\": \"a\", \"chosen\": \"b\", \"rejected\": \"c\"}\n\n{\"prompt\": \"d\", \"chosen\": \"e\", "
            + "\"rejected\": \"f\"}\n{\"chosen\": \"x y\", \"rejected\": \"x z\"}",
    ]

    private static let publicSamples = [
        #"{"conversations": [{"from": "system", "value": "s"}, {"from": "human", "value": "a"}, {"from": "gpt", "#
            + #""value": "b", "weight": 1}]}"#,
        #"{"instruction": "a", "input": "b", "output": "c", "system": "d"}"#,
        #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "weight": 0}]}"#,
        #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}"#,
    ]

    private static let publicComparisons = [
        #"{"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: a\n\nAssistant: c"}"#,
        #"{"instruction": "a", "completions": [{"response": "b", "overall_score": 8.5}, {"response": "c", "#
            + #""overall_score": 2, "model": "m"}]}"#,
        #"{"prompt": "a", "generations": ["b", "c", "d"], "ratings": [1, null, 2.5]}"#,
    ]

    /// Compressed files: members of gzip, entries of zip.
    static let archives = [
        FuzzFormat(
            "gzip", .binary, sources: ["Datasets/LineReader.swift", "Files/Compression/ByteStream.swift"],
            samples: [bytes(ofBase64: gzip), bytes(ofBase64: gzip) + bytes(ofBase64: gzip)],
            reader: { _ in
                { _ = try JSONLines($0.file("rows.jsonl.gz")).load(ComparisonRow.self) }
            }),
        FuzzFormat(
            "zip", .binary, sources: ["Checkpoints/ZipArchive.swift", "Files/Compression/Inflater.swift"],
            samples: [bytes(ofBase64: zip)],
            reader: { _ in
                { input in
                    let archive = try ZipArchive(input.file("a.zip"))
                    for entry in archive.entries {
                        _ = try archive.contents(of: entry.name)
                        // Names that lead out of the folder are refused before anything is extracted.
                        try archive.extract(entry.name, to: input.folder.appending(path: "extracted"))
                    }
                }
            }),
    ]

    private static func bytes(ofBase64 text: String) -> [UInt8] { Array(Data(base64Encoded: text) ?? Data()) }

    /// Six comparisons, compressed.
    private static let gzip =
        "H4sIAAAAAAACA6tWKijKzy0oUbJS8shU0lFKzsgvTs0D8VJzcvKBAkWpWanJJakpQCG/fKVarmqEhvCMSntkLcH5eqganFKTE0uLUxWS"
        + "sNOopo1A6wHo/Kj0fQEAAA=="
    /// `stored.txt` and `folder/deflated.json`.
    private static let zip =
        "UEsDBBQAAAAAAAAAIQC4DwtECgAAAAoAAAAKAAAAc3RvcmVkLnR4dHBsYWluIHRleHRQSwMEFAAAAAgAAAAhAGtfTyEXAAAAQAEAABQA"
        + "AABmb2xkZXIvZGVmbGF0ZWQuanNvbqtWSlSyUog21FEw0lEwjq2tHuWTxAcAUEsBAhQDFAAAAAAAAAAhALgPC0QKAAAACgAAAAoAAAAA"
        + "AAAAAAAAAIABAAAAAHN0b3JlZC50eHRQSwECFAMUAAAACAAAACEAa19PIRcAAABAAQAAFAAAAAAAAAAAAAAAgAEyAAAAZm9sZGVyL2Rl"
        + "ZmxhdGVkLmpzb25QSwUGAAAAAAIAAgB6AAAAewAAAAAA"

    // MARK: Tokenized text

    /// Three short documents, without the digest at the end.
    private static let shard: [UInt8] = {
        guard let folder = try? TemporaryFolder(),
            let tokenizer = try? Tokenizer(contentsOf: Fixtures.golden("tiny-llama"))
        else { return [] }
        let (text, file) = (folder.item("text.jsonl"), folder.item("text.tokens"))
        let rows = #"{"text": "One two"}\n{"text": "three"}\n{"text": "four, five"}\n"#.replacing(
            #"\n"#, with: "\n")
        try? Data(rows.utf8).write(to: text)
        try? TokenShard.write(
            TextFiles([text]), to: file, origin: Data(count: 32), tokenizer: tokenizer,
            frame: DocumentFrame(beginning: 0))
        return ((try? Data(contentsOf: file)) ?? Data()).dropLast(32)
    }()
}
