import ArgumentParser
import Methods
import Verbs

extension Divergence: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension Distillation.Configuration.Alignment: ExpressibleByArgument {}

/// A teacher's distributions to a student.
struct DistillCommand: VerbCommand {
    static let verb = Verb.distill
    static let configuration = CommandConfiguration(
        commandName: "distill",
        abstract: "Train a student on a teacher's probabilities.",
        discussion: """
            Rows are those of sft; of a conversation the last answer is distilled. With --on-policy the student writes \
            answers itself, and the teacher says what it thinks of them: {"prompt"} is enough where it writes all.

            --teacher http://HOST:PORT/v1#MODEL is a server that speaks OpenAI's protocol, over plain HTTP without keys: it \
            is asked once for the log-probabilities of each row's text (/completions with echo and logprobs), which \
            --teacher-scores keeps.

            EXAMPLE:
              heed distill --teacher smollm2-135m-instruct --model runs/small/final \\
                --train demonstrations.jsonl --divergence forward --sft-weight 0.5 \\
                --output runs/student

            EXAMPLE:
              heed distill --teacher runs/chat/final code.jsonl=runs/code/final \\
                --student runs/student/final --train chats.jsonl code.jsonl \\
                --on-policy 0.5 --divergence reverse --max-new-tokens 64 \\
                --output runs/on-policy
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "The model to learn from; FILE=MODEL is that of the rows of one file.", valueName: "model"))
    var teacher: [String] = []

    @Option(
        help: ArgumentHelp(
            "Keep the teacher's best tokens of each position here, for all students.", valueName: "dir"))
    var teacherScores: String?

    @Option(help: "Tokens of a position that are kept. (default: those of the folder, or 64)")
    var teacherTopK: Int?

    @OptionGroup(title: "DISTILLATION") var method: DistillationOptions
    @OptionGroup(title: "TRAINING") var training: TrainingOptions<Distillation>
    @OptionGroup(title: "TRAINING") var layout: PromptOptions
    @OptionGroup(title: "TRAINING") var rows: RowOptions<Distillation>
    @OptionGroup(title: "ADAPTER") var adapter: AdapterOptions
    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: RunFolderOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}

/// Settings of the method.
struct DistillationOptions: SettingOptions {
    @Option(
        help: "forward, reverse, or jsd:B from 0, the forward KL, to 1, the reverse. (default: jsd:0.5)")
    var divergence: Divergence?

    @Option(
        help: "alm, gold or uld, by spans of equal bytes. (default: by tokens; alm for another tokenizer)")
    var alignment: Distillation.Configuration.Alignment?

    @Option(help: "Divides log-probabilities of spans in alm. (default: 100)")
    var almTemperature: Double?

    @Option(help: "Divides the logits of both on given answers. (default: 1)")
    var lossTemperature: Double?

    @Option(help: "Weight of the likelihood of given answers beside. (default: 0)")
    var sftWeight: Double?

    @Option(help: "Share of batches whose answers the student writes: GKD's lambda. (default: 0)")
    var onPolicy: Double?

    @Option(help: "What answers are drawn at, and scored at. (default: 1)")
    var temperature: Double?

    @Option(help: "Tokens of an answer that is written, at most. (default: 128)")
    var maxNewTokens: Int?

    @Flag(
        inversion: .prefixedNo,
        help: "Let the teacher write the answers that the student does not. (default: --no-seq-kd)")
    var seqKd: Bool?

    @Option(
        help: ArgumentHelp("Recorded answers of the student, in place of rows.", valueName: "file"))
    var replay: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Learn own answers by the tokens drawn, not by distributions. (default: --no-sampled-kl)")
    var sampledKl: Bool?

    @Option(help: "Weigh tokens by the ratio to the student that wrote them, this far from 1.")
    var clipRange: Double?
}
