import Evaluation
import Foundation
import Models
import Rewards
import Settings
import Training

extension EvaluateConfiguration: JobConfiguration {
    public static let output = RunContext.outputFolder

    public func inputs(_ rewards: RewardCatalogue) -> [SettingInput] {
        modelPaths.map(SettingInput.model) + .rewardModel(rewardModel)
            + rewards.inputs(of: selection) + rewards.inputs(of: proxySelection)
            + .data(prompts + perplexity + comparisons + namedRuns.map(\.path))
    }
}

extension Verb {
    public static let evaluate = Verb(
        "evaluate", output: .folder, defaults: JobSettings(EvaluateConfiguration())
    ) { settings, call in
        let guides = Dictionary(call.verbs.compactMap { verb in verb.guide.map { (verb.name, $0) } }) {
            first, _ in first
        }
        let report = try EvaluateJob.run(
            settings.job, origin: call.origin, guides: guides,
            idleSettings: { name, settings in
                call.verbs.first { $0.name == name }?.idleSettings(in: settings) ?? []
            }, context: call.context)
        return VerbResult(report, folder: try call.context.output())
    }
}

extension VerbResult {
    private struct Summary: Encodable {
        let output: String
        let report: String
        let summary: [String]
        let warnings: [String]
        let reference: String
        let prompts: Int
        /// Without their answers, which are in the report.
        let arms: [Report.Arm]
    }

    fileprivate init(_ report: Report, folder: URL) {
        let page = folder.appending(path: "report.html").path
        let arms = report.arms.map { arm in
            var arm = arm
            arm.samples = []
            return arm
        }
        self.init(
            json: Summary(
                output: folder.path, report: page, summary: report.summary, warnings: report.warnings,
                reference: report.reference, prompts: report.prompts, arms: arms),
            lines: report.summary + report.warnings.map { "Beware: \($0)" } + ["The report is \(page)"])
    }
}
