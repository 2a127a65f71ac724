import Evaluation
import Models
import Rewards
import Settings
import Statistics
import Training

extension MeasureConfiguration: JobConfiguration {
    public func inputs(_ rewards: RewardCatalogue) -> [SettingInput] {
        .models(model, start) + selections.flatMap { rewards.inputs(of: $0) }
            + .data(prompts + perplexity + runs + [shiftOf].compactMap(\.self))
    }

    public static let output = RunContext.outputFolder

    public static var purpose: RunConfiguration.Purpose { .answers }

    public var missing: [InvalidSetting] {
        (model == nil ? [.noModel()] : []) + (prompts.isEmpty ? [.noFiles("prompts")] : [])
    }
}

extension Verb {
    /// One model's answers and what is measured on them, for the report of a study.
    public static let measure = Verb(
        "measure", output: .folder, defaults: JobSettings(MeasureConfiguration())
    ) {
        let measured = try MeasureJob.run($0.job, context: $1.context)
        var line = "\(measured.answers.count) answers to \(measured.prompts.count) prompts measured"
        if !measured.stations.isEmpty { line += ", and \(measured.stations.count) stations on the way" }
        return VerbResult(json: measured, lines: [line])
    }
}
