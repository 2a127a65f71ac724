import ArgumentParser
import Tokenization
import Verbs

extension TokenizerTraining.Alphabet: ExpressibleByArgument {}
extension TokenizerSettings.Normalizer: ExpressibleByArgument {}

/// A tokenizer learned from text.
struct TokenizerTrainCommand: VerbCommand {
    static let verb = Verb.tokenizer
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Learn a byte-level BPE tokenizer from text.",
        discussion: """
            Reads text files, JSON Lines with a "text" and folders of both, and writes tokenizer.json, which \
            loads in transformers too: merges and ids are those that Hugging Face's tokenizers would learn. A \
            text file is one text; with --by-line every line is.

            EXAMPLE:
              heed tokenizer train --train corpus.txt --vocab-size 8192 \\
                --special-tokens '<|endoftext|>' '<|im_start|>' '<|im_end|>' \\
                --chat-template chatml --output tokenizer
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Text files, .jsonl files with a \"text\", or folders of them.", valueName: "text")
    )
    var train: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Other text, on which bytes per token are counted.", valueName: "text"))
    var eval: [String] = []

    @Option(help: "Tokens: special ones, the bytes' and one for each merge.")
    var vocabSize: Int?

    @Option(help: "Pairs that occur less often are not merged. (default: 0)")
    var minFrequency: Int?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Special tokens, in the order of their ids. (default: none)", valueName: "token"))
    var specialTokens: [String] = []

    @Option(
        help: ArgumentHelp(
            "gpt2, qwen2, llama3, smollm2 or a regular expression: how text is cut into words. (default: gpt2)",
            valueName: "pattern"))
    var preTokenizer: String?

    @Option(help: "Bytes that are tokens without occurring: all, or only those seen. (default: all)")
    var initialAlphabet: TokenizerTraining.Alphabet?

    @Option(help: "Form only tokens of fewer bytes. (default: any)")
    var maxTokenLength: Int?

    @Option(help: "Normalise text first. (default: not)")
    var normalizer: TokenizerSettings.Normalizer?

    @Flag(
        inversion: .prefixedNo,
        help: "Put a blank before a text that does not begin with one. (default: --no-add-prefix-space)")
    var addPrefixSpace: Bool?

    @Flag(inversion: .prefixedNo, help: "Take every line for a text. (default: --no-by-line)")
    var byLine: Bool?

    @Option(
        help: ArgumentHelp(
            "Ends texts and answers. (default: <|im_end|> with chatml, else <|endoftext|> or the first special token)",
            valueName: "token"))
    var eosToken: String?

    @Option(help: ArgumentHelp("A file in Jinja, or chatml. (default: none)", valueName: "file"))
    var chatTemplate: String?

    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: ReplacementOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}
