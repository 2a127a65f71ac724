import ArgumentParser
import Doctor
import Runs
import Training

/// What must hold of every model, measured on one; and what must not happen to a run, looked for in its log.
struct DoctorCommand: ExaminationCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Measure what training relies on, on a model; or look for what went wrong in a run.",
        discussion: """
            One line for each check: what must hold, how far it is from holding, and how far it may be. Ends with status 1 \
            where something does not hold, and says what to do. The model itself is not changed.

            The last line names the instructions that the kernels use on this processor; the environment variable HEED_CPU \
            may name lesser ones, such as generic.

            EXAMPLE:
              heed doctor --model smollm2-135m-instruct
              heed doctor --model runs/dpo/final --template chat_template.jinja \\
                --precision fp32

            With --run it reads the metrics of a run, of Heed (finished or not), TRL (trainer_state.json) or any log in JSON \
            Lines, and tells what went wrong without an error, why it matters and what to change.

            EXAMPLE:
              heed doctor --run runs/ppo
              heed doctor --run trl-output/checkpoint-500 --json
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(
        help: ArgumentHelp("A model folder, a .gguf file or a name of 'heed models'.", valueName: "model"))
    var model: String?

    @Option(help: ArgumentHelp("A chat template to examine instead of the model's own.", valueName: "file"))
    var template: String?

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp(
            "A run to examine instead: a run folder, trainer_state.json, or a log.", valueName: "path"))
    var finishedRun: String?

    @OptionGroup(title: "RUN") var computation: ComputationOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions

    func examine(_ configuration: DoctorConfiguration, _ context: RunContext) throws -> any Examination {
        if let run = configuration.finishedRun { return try RunDiagnosis(of: run) }
        return try DoctorJob.run(configuration, context: context)
    }
}

extension DoctorConfiguration: ExaminationConfiguration {}
extension DoctorReport: Examination {
    var fault: (any Error)? { failure }
}
extension RunDiagnosis: Examination {
    var fault: (any Error)? { failure }
}
