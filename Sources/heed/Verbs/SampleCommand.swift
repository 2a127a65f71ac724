import ArgumentParser
import Verbs

/// Prompts to responses.
struct SampleCommand: VerbCommand {
    static let verb = Verb.sample
    static let configuration = CommandConfiguration(
        commandName: "sample",
        abstract: "Let a model answer prompts.",
        discussion: """
            Writes one row per prompt: {"prompt","prompt_ids","responses":[{"text","tokens","logprobs","finish"}],\
            "policy","policy_name","sampler"}; policy is the content hash of the model. 'heed label' shows such \
            rows to people, 'heed annotate' judges them, 'heed ppo --replay' and 'heed grpo --replay' learn from them.

            A row of prompts is {"prompt": "Once upon a time"}, which the model continues as it stands, or, for its \
            chat template, {"prompt": [{"role": "user", "content": "Who wrote Hamlet?"}]}; --chat-prompts reads the \
            first as the second.

            EXAMPLE:
              heed sample --model smollm2-135m-instruct --prompts prompts.jsonl --n 4 \\
                --temperature 0.7 --max-new-tokens 128 --output responses.jsonl
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(
        help: ArgumentHelp("A model folder, a .gguf file or a name of 'heed models'.", valueName: "model"))
    var model: String?

    @Option(help: "What the rows call the model. (default: its folder's name)")
    var name: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("JSON Lines files with one prompt per row.", valueName: "file"))
    var prompts: [String] = []

    @OptionGroup var layout: PromptOptions

    @Option(help: "Answer the first prompts only. (default: all)")
    var limit: Int?

    @Option(help: "Answers to each prompt. (default: 1)")
    var n: Int?

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Texts that end an answer.", valueName: "text"))
    var stop: [String] = []

    @Flag(
        inversion: .prefixedNo,
        help: "Go on past the model's own stop tokens, up to the limit. (default: --no-ignore-eos)")
    var ignoreEos: Bool?

    @Option(help: "Answers written side by side. (default: 32)")
    var slots: Int?

    @OptionGroup(title: "SAMPLING") var sampling: SamplingOptions
    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: ReplacementOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}
