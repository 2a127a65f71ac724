import Alignment
import Evaluation
import Foundation

/// Settings of a verb that does not train: the job's own, and those of every run.
public struct JobSettings<Job: JobConfiguration>: VerbSettings {
    public var job: Job
    public var run = RunConfiguration()

    init(_ job: Job) { self.job = job }

    public var inputs: [VerbInput] { job.inputs }
}

extension SampleConfiguration: JobConfiguration {
    public var inputs: [VerbInput] { .models(model) + .data(prompts) }
}
extension ScoreConfiguration: JobConfiguration {
    public var inputs: [VerbInput] { .models(model) + .data(data) }
}
extension AnnotateConfiguration: JobConfiguration {
    public var inputs: [VerbInput] { .data(responses + [lexicon].compactMap { $0 }) }
}
extension EvaluateConfiguration: JobConfiguration {
    public var inputs: [VerbInput] {
        models.map { VerbInput.model(NamedPath($0).path) } + .rewardModel(rewardModel)
            + .data(prompts + perplexity + comparisons + [lexicon].compactMap { $0 } + namedRuns.map(\.path))
    }
}

extension Verb {
    public static let sample = Verb("sample", product: .rows, defaults: JobSettings(SampleConfiguration())) {
        let result = try SampleJob.run($0.job, context: $1.context)
        let line =
            "\(result.responses) answers to \(result.prompts) prompts, \(result.finished) of them finished"
        return VerbResult(json: result, lines: ["\(line), in \(result.output)"])
    }

    public static let score = Verb("score", product: .rows, defaults: JobSettings(ScoreConfiguration())) {
        let result = try ScoreJob.run($0.job, context: $1.context)
        let finding = [
            result.perplexity.map { String(format: "perplexity %.4g", $0) },
            result.meanScore.map { String(format: "mean score %.4g", $0) },
        ].compactMap { $0 }
        let line = (["\(result.rows) texts"] + finding).joined(separator: ", ")
        return VerbResult(
            json: result, lines: ["\(line), in \(result.output)"] + [result.dropped].compactMap { $0 })
    }

    public static let annotate = Verb(
        "annotate", product: .rows, defaults: JobSettings(AnnotateConfiguration())
    ) {
        let result = try AnnotateJob.run($0.job, context: $1.context)
        let left = result.identicalPairs + result.tiedPairs
        return VerbResult(
            json: result,
            lines: [
                "\(result.judgments) judgments of the simulated annotator '\(result.annotator)' on \(result.rows) prompts"
                    + (left > 0 ? ", \(left) pairs without a difference left out" : "")
                    + ", in \(result.output)"
            ])
    }

    public static let evaluate = Verb(
        "evaluate", product: .folder, defaults: JobSettings(EvaluateConfiguration())
    ) {
        let report = try EvaluateJob.run($0.job, framing: $1.framing, context: $1.context)
        return VerbResult(report, folder: try $1.context.output)
    }

    /// Verbs that the command line has too.
    public static let jobs: [Verb] = [
        .sft, .reward, .dpo, .kto, .orpo, .cpo, .ppo, .grpo, .sample, .score, .annotate, .evaluate,
    ]

    /// Verbs that a recipe can use.
    public static let all: [Verb] = jobs + [.prompts, .ratings, .split, .text]
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
