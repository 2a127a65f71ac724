import Foundation
import JSON
import TestSupport

@testable import Tokenization

extension FuzzFormat {
    /// Tokenizers and chat templates.
    static let tokenizers = [
        FuzzFormat(
            "tokenizer.json", .json, sources: ["Tokenization/TokenizerFiles.swift"],
            samples: [smallTokenizer, pieceTokenizer]
        ) { input in
            try use(Tokenizer(json: input.data, configuration: nil, chatTemplate: nil))
        },
        FuzzFormat(
            "tokenizer_config.json", .json, sources: [],
            samples: [
                golden("tiny-llama/tokenizer_config.json"),
                #"{"add_bos_token": true, "eos_token": {"content": "<|im_end|>", "lstrip": false}, "#
                    + #""chat_template": [{"name": "default", "template": "{{ bos_token }}"}], "#
                    + #""added_tokens_decoder": {"1": {"content": "<|im_start|>", "special": true}}}"#,
            ]
        ) { input in
            try use(Tokenizer(json: Data(smallTokenizer.utf8), configuration: input.data, chatTemplate: nil))
        },
        FuzzFormat(
            "chat-template", .text, sources: [], samples: templates,
            words: [
                "{{ ", " }}", "{% ", " %}", "{%- for x in range(9999) %}", "{% endfor %}", "{% if x %}",
                "|join",
                "|tojson", "|length", "|int", "|map(attribute='a')", "[::-1]", " * ", " ~ ", " // ", " ** ",
                "[-1]",
                ".split('')", ".replace('', 'xx')", "|string", "|list", "'é🏳️‍🌈'", "namespace(x=1)", "not ",
                "{% macro m(a) %}{{ m(a) }}{% endmacro %}{{ m(1) }}", "|sort", "|unique", "|batch(2)",
                "loop.index",
            ]
        ) { input in
            // A hundredth of what a template may spend, so that many are tried.
            var limits = JinjaLimits.standard
            limits.operations /= 100
            limits.textBytes /= 100
            limits.outputBytes /= 100
            let context: JSONObject = [
                "messages": conversation, "add_generation_prompt": true, "tools": .null,
            ]
            _ = try ChatTemplate(input.text, limits: limits)
                .render(context, date: Date(timeIntervalSince1970: 0), markingGeneration: true)
        },
    ]

    private static let conversation: JSONValue = [
        ["role": "system", "content": "Be kind."], ["role": "user", "content": "Hi é"],
        ["role": "assistant", "content": "<think>so</think>Yes", "n": [1, 2.5, "x", .null]],
    ]

    private static let templates = [
        golden("tiny-llama/chat_template.jinja"),
        "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + loop.index %}"
            + "{{ m.role|upper ~ ':' ~ (m['content'].split('</think>')[-1]|trim)[0:9] }}"
            + "{% if not loop.last %}{{ ', ' }}{% endif %}{% endfor %}{{ ns.n // 2 }}",
        "{% macro tool(t, n=2) -%}{{ t|tojson(indent=n) }}{%- endmacro %}{{ tool({'a': [1, 2.5, none, true]}) }}"
            + "{{ messages|map(attribute='role')|join('-') }}"
            + "{{ messages|selectattr('role', 'equalto', 'user')|list|length }}"
            + "{{ range(3)|sum }} {{ 'x' * 3 }} {{ '{}'.format(1) }}",
        "{% if messages[0].role == 'system' and messages|length > 1 %}{{ messages[1:][0].content.strip() }}"
            + "{% elif tools is defined %}{{ raise_exception('no') }}{% endif %}"
            + "{% for k, v in {'b': 1, 'a': 2}|dictsort %}{{ k }}{{ v }}{% endfor %}{{ 7 % 3 + 2 ** 3 - -1 }}",
    ]

    /// Uses what was read as a run does.
    static func use(_ tokenizer: Tokenizer) throws {
        let ids = tokenizer.encode("Hello, world! 123 <|im_start|> é 👍🏽\n\n x")
        _ = tokenizer.decode(ids + [0, 1, 2, tokenizer.vocabularySize - 1])
    }

    // MARK: A small tokenizer

    /// The beginning of the tiny tokenizer: its bytes and the first pairs of them.
    private static let tinyTokenizer =
        (try? JSONValue(parsing: Array(golden("tiny-llama/tokenizer.json").utf8))) ?? .null
    private static let size = 271

    static let smallVocabulary: [(key: String, value: Int)] =
        (tinyTokenizer["model"]?["vocab"]?.object ?? [:])
        .compactMap { entry in entry.value.integer.map { (entry.key, $0) } }.filter { $0.1 < size }

    static let smallMerges: [[String]] = (tinyTokenizer["model"]?["merges"]?.array ?? [])
        .prefix(size - 259).map { $0.array?.compactMap(\.string) ?? [] }

    /// One of SentencePiece's pieces: the bytes, and a word with its blank.
    private static let pieceTokenizer: String = {
        let bytes = (0..<256).map { "<0x" + (String($0 + 256, radix: 16, uppercase: true).dropFirst()) + ">" }
        let tokens = ["<unk>"] + bytes + ["▁", "H", "e", "He", "▁He"]
        let json: JSONValue = [
            "added_tokens": [
                [
                    "id": 0, "content": "<unk>", "single_word": false, "lstrip": false, "rstrip": false,
                    "normalized": false, "special": true,
                ]
            ],
            "normalizer": [
                "type": "Sequence",
                "normalizers": [
                    ["type": "Prepend", "prepend": "▁"],
                    ["type": "Replace", "pattern": ["String": " "], "content": "▁"],
                ],
            ],
            "decoder": [
                "type": "Sequence",
                "decoders": [
                    ["type": "Replace", "pattern": ["String": "▁"], "content": " "],
                    ["type": "ByteFallback"], ["type": "Fuse"],
                    ["type": "Strip", "content": " ", "start": 1, "stop": 0],
                ],
            ],
            "model": [
                "type": "BPE", "byte_fallback": true, "fuse_unk": true, "unk_token": "<unk>",
                "vocab": .object(JSONObject(tokens.enumerated().map { ($1, .integer($0)) })),
                "merges": [["H", "e"], ["▁", "He"]],
            ],
        ]
        return json.text(.compact)
    }()

    static let smallTokenizer: String = {
        var (tokenizer, model) = (tinyTokenizer.object ?? [:], tinyTokenizer["model"]?.object ?? [:])
        model["vocab"] = .object(JSONObject(smallVocabulary.map { ($0.key, .integer($0.value)) }))
        model["merges"] = .array(smallMerges.map { .array($0.map(JSONValue.string)) })
        tokenizer["model"] = .object(model)
        return JSONValue.object(tokenizer).text(.compact)
    }()
}
