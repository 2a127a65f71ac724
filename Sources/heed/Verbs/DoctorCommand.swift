import ArgumentParser
import Doctor
import JSON
import Runs
import Torch
import Training

/// What must hold of every model, measured on one.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Measure on a model and its chat template what training and sampling rely on.",
        discussion: """
            One line for each check: what must hold, how far it is from holding, and how far it may be. Ends with status 1 \
            where something does not hold, and says what to do. The model itself is not changed.

            The last line names the instructions that the kernels use on this processor; the environment variable HEED_CPU \
            may name lesser ones, such as generic.

            EXAMPLE:
              heed doctor --model smollm2-135m-instruct
              heed doctor --model runs/dpo/final --template chat_template.jinja \\
                --precision fp32
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(
        help: ArgumentHelp("A model folder, a .gguf file or a name of 'heed models'.", valueName: "model"))
    var model: String?

    @Option(help: ArgumentHelp("A chat template to examine instead of the model's own.", valueName: "file"))
    var template: String?

    @OptionGroup(title: "RUN") var computation: ComputationOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions

    func run() throws {
        let resolved = try source.reader(flags: self).read(DoctorConfiguration())
        resolved.notes.forEach(Console.note)
        guard !source.printConfig else { return print(resolved.yaml, terminator: "") }
        let settings = resolved.value
        Interruption.install()
        try Torch.start(threads: settings.run.threads)
        let context = try RunContext(
            verb: "doctor", run: settings.run, mode: .new, settings: JSONValue(encoding: settings),
            progress: reporting.progress)
        let report = try DoctorJob.run(settings, context: context)
        if reporting.json { try printJSON(report) } else { report.lines.forEach(Console.show) }
        if let failure = report.failure { throw failure }
    }
}
