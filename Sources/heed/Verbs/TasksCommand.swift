import ArgumentParser
import Verbs

/// Problems with answers that programs can check.
struct TasksCommand: VerbCommand {
    static let verb = Verb.tasks
    static let configuration = CommandConfiguration(
        commandName: "tasks",
        abstract: "Make problems with answers that rewards can check; without a name, list the kinds.",
        discussion: """
            Writes train.jsonl and held-out.jsonl into a folder, or with --side one of them to a file. Each \
            row has the question, its answer and further columns, and says which reward checks it. No problem \
            is on both sides, whatever the seed and the wording.

            \(TasksSettings.list.joined(separator: "\n"))

            EXAMPLE:
              heed tasks countdown --difficulty 1 2 --n 500 --output countdown
              heed grpo --model smollm2-135m-instruct --prompts countdown/train.jsonl \\
                --reward countdown --lora-rank 16 --max-steps 50 --output runs/countdown
            """)

    @OptionGroup var source: ConfigurationOptions

    @Argument(help: "The kind of problems.")
    var task: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Levels from 1 to 5, taken in turn. (default: 1)", valueName: "level"))
    var difficulty: [Int] = []

    @Option(help: "Problems to train on, or of --side. (default: 1000)")
    var n: Int?

    @Option(help: "Problems held out, in a folder. (default: 200)")
    var heldOut: Int?

    @Option(help: "train or held-out: write these alone, to a file.")
    var side: String?

    @Option(help: ArgumentHelp("A system message before every question.", valueName: "text"))
    var system: String?

    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: ReplacementOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions

    func run() throws {
        guard task == nil, source.file == nil else { return try runVerb() }
        TasksSettings.list.forEach(Console.show)
    }
}
