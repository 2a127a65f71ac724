import Datasets
import Files
import Foundation
import Models
import Runs
import Settings
import Statistics
import Tokenization
import Training

/// Settings of `heed tokenizer train`.
public struct TokenizerSettings: VerbSettings {
    /// Text files, JSON Lines and folders of both.
    public var train: [String] = []
    /// Text on which the tokenizer is measured.
    public var eval: [String] = []
    public var vocabularySize: Int?
    public var minimumFrequency = 0
    public var specialTokens: [String] = []
    /// `gpt2`, `qwen2`, `llama3`, `smollm2` or a regular expression.
    public var preTokenizer = "gpt2"
    public var initialAlphabet = TokenizerTraining.Alphabet.all
    public var maximumTokenLength: Int?
    public var normalizer: Normalizer?
    public var addsPrefixBlank = false
    public var isByLine = false
    /// Nil: `<|im_end|>` beside the template `chatml`, whose answers end so; otherwise `<|endoftext|>`, or the first special token.
    public var endToken: String?
    /// A file, or `chatml`.
    public var chatTemplate: String?
    public var run = RunConfiguration()

    public enum Normalizer: String, Codable, Sendable, CaseIterable {
        case nfc
    }

    public init() {}

    public mutating func resolve() {
        run.resolve()
        let usual = chatTemplate == "chatml" ? "<|im_end|>" : "<|endoftext|>"
        endToken = endToken ?? specialTokens.first { $0 == usual } ?? specialTokens.first
    }

    public var inputs: [VerbInput] {
        let template = chatTemplate.flatMap { $0 == "chatml" ? nil : $0 }
        return (train + eval + [template].compactMap(\.self)).map { .setting(.data($0)) }
    }

    public var missing: [InvalidSetting] {
        (train.isEmpty ? [.missing("train", "text files (--train TEXT)")] : [])
            + (vocabularySize == nil ? [.missing("vocab_size", "a number of tokens (--vocab-size N)")] : [])
            + (run.output == nil ? [.noOutput(RunContext.outputFolder)] : [])
    }

    public enum CodingKeys: String, CodingKey {
        case train, eval, normalizer, run
        case vocabularySize = "vocab_size"
        case minimumFrequency = "min_frequency"
        case specialTokens = "special_tokens"
        case preTokenizer = "pre_tokenizer"
        case initialAlphabet = "initial_alphabet"
        case maximumTokenLength = "max_token_length"
        case addsPrefixBlank = "add_prefix_space"
        case isByLine = "by_line"
        case endToken = "eos_token"
        case chatTemplate = "chat_template"
    }

    public static let ranges: [String: SettingRange] = [
        "vocab_size": .within(1...1e7), "min_frequency": .atLeast(0), "max_token_length": .within(2...1e6),
    ]

    public func validate() throws {
        if let meant = TokenizerTraining.preTokenizer(misspeltAs: preTokenizer) {
            throw InvalidSetting(
                CodingKeys.preTokenizer.stringValue,
                expected: "\(meant), or as a regular expression (?:\(preTokenizer))", found: preTokenizer)
        }
        try InvalidSetting.check(
            training != nil, CodingKeys.preTokenizer,
            expected: "gpt2, qwen2, llama3, smollm2 or a regular expression", found: preTokenizer)
        try InvalidSetting.check(
            !addsPrefixBlank || preTokenizer == "gpt2", CodingKeys.addsPrefixBlank,
            expected: "false beside a pre_tokenizer other than gpt2, whose every piece would get a blank",
            found: addsPrefixBlank)
        try InvalidSetting.check(
            !specialTokens.contains(""), CodingKeys.specialTokens, expected: "texts", found: "an empty one")
        let doubled = specialTokens.first { token in specialTokens.count { $0 == token } > 1 }
        try InvalidSetting.check(
            doubled == nil, CodingKeys.specialTokens, expected: "each token once",
            found: "'\(doubled ?? "")' twice")
        try InvalidSetting.check(
            endToken.map(specialTokens.contains) ?? true, CodingKeys.endToken,
            expected: "one of special_tokens", found: endToken ?? "")
        try InvalidSetting.check(
            chatTemplate != "chatml" || ["<|im_start|>", "<|im_end|>"].allSatisfy(specialTokens.contains),
            CodingKeys.chatTemplate,
            expected: "chatml only beside the special_tokens <|im_start|> and <|im_end|>", found: "chatml")
    }

    /// The chat template, in Jinja.
    func chatTemplateText() throws -> String? {
        guard let chatTemplate, chatTemplate != "chatml" else { return chatTemplate.map { _ in Self.chatML } }
        return String(decoding: try FileSystem.read(URL(fileURLWithPath: chatTemplate)), as: UTF8.self)
    }

    /// Messages between `<|im_start|>` and `<|im_end|>`; what an assistant writes is marked.
    private static let chatML = """
        {%- for message in messages -%}
        {%- if message.role == 'assistant' -%}
        {{- '<|im_start|>assistant\\n' -}}
        {%- generation -%}{{- message.content + '<|im_end|>' -}}{%- endgeneration -%}
        {{- '\\n' -}}
        {%- else -%}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}
        {%- endif -%}
        {%- endfor -%}
        {%- if add_generation_prompt -%}
        {{- '<|im_start|>assistant\\n' -}}
        {%- endif -%}
        """

    /// Nil where the pre-tokenizer is none.
    var training: TokenizerTraining? {
        var training = TokenizerTraining(
            vocabularySize: vocabularySize ?? 0, preTokenizer: preTokenizer, addsPrefixBlank: addsPrefixBlank)
        training?.minimumFrequency = minimumFrequency
        training?.specialTokens = specialTokens
        training?.alphabet = initialAlphabet
        training?.tokenLengthLimit = maximumTokenLength
        training?.composesText = normalizer == .nfc
        training?.isByLine = isByLine
        return training
    }
}

extension Verb {
    /// A byte-level BPE learned from text: `tokenizer.json` and its companions, in a folder.
    public static let tokenizer = Verb("tokenizer", output: .folder, defaults: TokenizerSettings()) {
        settings, call in
        let context = call.context
        guard let training = settings.training else { preconditionFailure("settings were not validated") }
        let folder = try context.outputFolder(of: Tokenizer.fileNames)
        let template = try settings.chatTemplateText()
        let learned = try training.learned(from: settings.train, context)
        let tokenizer = try learned.tokenizer(
            endOfSequence: settings.endToken, chatTemplate: template)
        let measured = try TokenizerMeasurement(
            tokenizer, training, settings, context.progress)
        try AtomicFolder.replace(at: folder) { try tokenizer.write(to: $0) }
        return VerbResult(
            json: TokenizerSummary(
                output: folder.path, vocabularySize: learned.vocabularySize, merges: learned.mergeCount,
                bytesPerToken: measured.bytesPerToken, otherBytesPerToken: measured.otherBytesPerToken),
            lines: learned.lines(settings, folder) + measured.lines)
    }
}

private struct TokenizerSummary: Codable {
    let output: String
    let vocabularySize: Int
    let merges: Int
    let bytesPerToken: Double
    /// The default model's, where it is on this machine.
    let otherBytesPerToken: Double?

    enum CodingKeys: String, CodingKey {
        case output, merges
        case vocabularySize = "vocab_size"
        case bytesPerToken = "bytes_per_token"
        case otherBytesPerToken = "smollm2_bytes_per_token"
    }
}

extension TokenizerTraining {
    fileprivate func learned(from paths: [String], _ context: RunContext) throws -> LearnedTokenizer {
        let texts = try TextFiles(paths.map { URL(fileURLWithPath: $0) })
        if let note = texts.note { context.progress.note(note) }
        let trainer = TokenizerTrainer(self)
        let counting = context.progress.begin(
            "counting words", total: try texts.byteCount(), unit: .bytes)
        var counted = 0
        try texts.forEachStretch(lastCut: lastCut) { stretch in
            trainer.add(TrainingText(stretch.bytes, beginsText: stretch.beginsText))
            counted += stretch.bytes.count
            counting.update(counted)
            try Interruption.check(.startsOver)
        }
        counting.finish()
        let learning = context.progress.begin("learning merges", total: vocabularySize)
        defer { learning.finish() }
        return try trainer.learn { size in
            learning.update(size)
            try Interruption.check(.startsOver)
        }
    }
}

extension LearnedTokenizer {
    fileprivate func lines(_ settings: TokenizerSettings, _ folder: URL) -> [String] {
        let wanted = settings.vocabularySize ?? 0
        var lines = ["\(vocabularySize) tokens, \(mergeCount) of them by merging, in \(folder.path)"]
        if vocabularySize < wanted {
            lines.append(
                "fewer than the \(wanted) that were asked for: no other pair occurs "
                    + (settings.minimumFrequency > 1 ? "\(settings.minimumFrequency) times" : "in the text"))
        } else if vocabularySize > wanted {
            lines.append(
                "more than the \(wanted) that were asked for: the alphabet and the special tokens alone are as many"
            )
        }
        if settings.specialTokens.isEmpty {
            lines.append(
                "no special token ends a text: a model learns where texts end with --special-tokens '<|endoftext|>'"
            )
        }
        return lines
    }
}

/// How much text a token stands for, beside the default model's tokenizer.
private struct TokenizerMeasurement {
    let bytesPerToken: Double
    let otherBytesPerToken: Double?
    let lines: [String]

    /// Text that it learned from is measured up to here.
    private static let sampleBytes = 4 << 20

    init(
        _ tokenizer: Tokenizer, _ training: TokenizerTraining, _ settings: TokenizerSettings,
        _ progress: ProgressDisplay
    ) throws {
        let isHeldOut = !settings.eval.isEmpty
        var sample: [String] = []
        var byteCount = 0
        let texts = try TextFiles(
            (isHeldOut ? settings.eval : settings.train).map { URL(fileURLWithPath: $0) })
        if isHeldOut, let note = texts.note { progress.note(note) }
        try texts.forEachStretch(upTo: isHeldOut ? .max : Self.sampleBytes, lastCut: training.lastCut) {
            stretch in
            sample.append(String(decoding: stretch.bytes, as: UTF8.self))
            byteCount += stretch.bytes.count
        }
        func rate(_ tokenizer: Tokenizer) -> Double {
            let tokens = sample.reduce(0) { $0 + tokenizer.encodeOrdinary($1).count }
            return Double(byteCount) / Double(max(tokens, 1))
        }
        bytesPerToken = rate(tokenizer)
        let store = CatalogueStore()
        let entry = try Catalogue.entry(named: "smollm2-135m-instruct")
        let other = store.holds(entry) ? try Tokenizer(contentsOf: store.folder(of: entry)) : nil
        otherBytesPerToken = other.map(rate)
        let figure = "\(NumberStyle.fixed(bytesPerToken, decimals: 2)) bytes per token"
        lines = [
            (isHeldOut
                ? "\(figure) of the held-out text"
                : "\(figure) of the text that it learned from; name other text with --eval for a fair figure")
                + (otherBytesPerToken.map {
                    ", \(NumberStyle.fixed($0, decimals: 2)) with SmolLM2's \(other?.vocabularySize ?? 0) tokens"
                } ?? "")
        ]
    }
}
