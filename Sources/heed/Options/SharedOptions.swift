import ArgumentParser
import Foundation
import Models
import Runs
import Settings

extension RunConfiguration.Precision: ExpressibleByArgument {}

/// What every verb prints.
struct ReportingOptions: ParsableArguments {
    @Flag(help: "Print no progress; notes on settings and data are still printed.")
    var quiet = false

    @Flag(help: "Print the result as JSON on standard output.")
    var json = false

    var progress: ProgressDisplay { ProgressDisplay(style: quiet ? .notes : nil) }

    /// Shows what is fetched; from here on Ctrl-C ends that without leaving anything half done.
    func startFetching() -> FetchingProgress {
        Interruption.install()
        return FetchingProgress(progress)
    }
}

/// Where the settings come from.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A YAML file of settings; TRL's names are understood.", valueName: "file"))
    var config: String?

    @Flag(help: "Print the settings after flags, file and defaults, and stop.")
    var printConfig = false

    var file: URL? { config.map { URL(fileURLWithPath: $0) } }

    /// Reads the settings of `verb`, flags over the file.
    func reader(flags verb: some ParsableArguments) throws -> ConfigurationReader {
        try ConfigurationReader(file: file, overrides: verb.overrides)
    }
}

/// Settings of every verb that computes and leaves something behind.
struct RunOptions: SettingOptions {
    @Option(help: ArgumentHelp("Folder or file of the results.", valueName: "path"))
    var output: String?

    @OptionGroup var computation: ComputationOptions
}

/// Settings of every verb that computes.
struct ComputationOptions: SettingOptions {
    @Option(help: "Seed of everything random. (default: 42)")
    var seed: Int?

    @Option(help: "cpu, cuda, cuda:N, mps or auto: cuda where there is one. (default: auto)")
    var device: String?

    @Option(
        help: """
            fp32, bf16 or auto: bf16 where the device multiplies it; elsewhere sampling and chat round weights to it, and \
            everything else computes in fp32. int8, for chat, label and annotate alone: weights in 8 bits. (default: auto)
            """)
    var precision: RunConfiguration.Precision?

    @Option(help: "Threads of one operation. (default: libtorch's choice)")
    var threads: Int?
}

/// How prompts in plain text are laid out.
struct PromptOptions: SettingOptions {
    @Flag(
        inversion: .prefixedNo,
        help:
            "Lay plain-text prompts out as a user's message in the chat template. (default: --no-chat-prompts)"
    )
    var chatPrompts: Bool?
}

/// What to do where the output is there already.
protocol ExistingOutputOptions: ParsableArguments {
    var mode: RunFolder.Mode { get }
}

/// Of verbs that resume what they left unfinished without being asked.
struct ReplacementOptions: ExistingOutputOptions {
    @Flag(help: "Replace what is there.")
    var force = false

    var mode: RunFolder.Mode { force ? .force : .new }
}

/// Of verbs that resume what they left unfinished when they are asked to.
protocol ResumingOptions: ExistingOutputOptions {
    var resume: Bool { get }
    var force: Bool { get }
}

extension ResumingOptions {
    var mode: RunFolder.Mode { resume ? .resume : force ? .force : .new }

    func validate() throws {
        if resume && force {
            throw ValidationError("--resume continues a run, --force replaces it: choose one")
        }
    }
}

/// Of verbs that keep every measurement as it is made.
struct MeasurementOptions: ResumingOptions {
    @Flag(help: "Write the report again, and measure what is not measured yet or has changed.")
    var resume = false

    @Flag(help: "Measure everything again, and replace the report.")
    var force = false
}

/// Of verbs that leave a run.
struct RunFolderOptions: ResumingOptions {
    @Flag(help: "Continue the run in the output folder, by its own settings.")
    var resume = false

    @Flag(help: "Replace the run in the output folder.")
    var force = false
}
