import Alignment
import ArgumentParser
import Foundation
import Recipes

extension RunConfiguration.Precision: ExpressibleByArgument {}

/// What every verb prints.
struct ReportingOptions: ParsableArguments {
    @Flag(help: "Print no progress.")
    var quiet = false

    @Flag(help: "Print the result as JSON on standard output.")
    var json = false
}

/// Where the settings come from.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A YAML file of settings; TRL's names are understood.", valueName: "file"))
    var config: String?

    @Flag(help: "Print the settings after flags, file and defaults, and stop.")
    var printConfig = false

    /// The configuration as set by the flags of `verb`, over the file, over `defaults`.
    ///
    /// Prints it and ends the run where `--print-config` was given.
    func read<Configuration: ConfigurationSection>(
        _ defaults: Configuration, flags verb: some ParsableArguments
    ) throws -> Configuration {
        let file = config.map { URL(fileURLWithPath: $0) }
        let resolved = try ConfigurationReader(file: file, overrides: verb.overrides).read(defaults)
        if !resolved.ignoredKeys.isEmpty {
            Console.note("without meaning here, ignored: \(resolved.ignoredKeys.joined(separator: ", "))")
        }
        guard !printConfig else {
            print(resolved.yaml, terminator: "")
            throw ExitCode.success
        }
        return resolved.value
    }
}

/// Settings of every verb that computes.
struct RunOptions: SettingOptions {
    @Option(help: ArgumentHelp("Folder of the results.", valueName: "dir"))
    var output: String?

    @Option(help: "Seed of everything random. (default: 42)")
    var seed: Int?

    @Option(help: "cpu, cuda, cuda:N, mps or auto. (default: auto)")
    var device: String?

    @Option(help: "fp32, bf16 or auto. (default: auto)")
    var precision: RunConfiguration.Precision?

    @Option(help: "Threads of one operation. (default: libtorch's choice)")
    var threads: Int?
}

/// What to do where the output folder already holds a run.
struct RunFolderOptions: ParsableArguments {
    @Flag(help: "Go on from the last checkpoint in the output folder.")
    var resume = false

    @Flag(help: "Replace the run in the output folder.")
    var force = false

    func validate() throws {
        if resume && force {
            throw ValidationError("--resume goes on with a run, --force replaces it: choose one")
        }
    }
}
