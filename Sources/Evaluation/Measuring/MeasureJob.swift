import Datasets
import Files
import Foundation
import Models
import Rewards
import Runs
import Settings
import Statistics
import Training

/// `measure`: one model's answers to prompts, and all that is measured on them, in a small folder that stands for the model
/// in a study.
public struct MeasureJob {
    private let configuration: MeasureConfiguration
    private let context: RunContext
    private let prompts: [SourcedRow<PromptRow>]
    private let folder: EvaluationFolder
    private let judges: [(name: String, reward: ProxyReward)]
    private let proxy: ProxyReward?
    private let measurer: ArmMeasurer

    /// Measures what is not measured yet.
    ///
    /// - Throws: `Interrupted`, and what is wrong with settings, models, data or the output folder.
    public static func run(_ configuration: MeasureConfiguration, context: RunContext) throws
        -> ArmMeasurement
    {
        let job = try MeasureJob(configuration, context)
        let measurement = try job.measurement()
        try AtomicFile.write(measurement.json, to: job.folder.url.appending(path: ArmMeasurement.file))
        return measurement
    }

    private init(_ configuration: MeasureConfiguration, _ context: RunContext) throws {
        (self.configuration, self.context) = (configuration, context)
        let rows = try JSONLines(
            configuration.prompts, setting: "prompts", chatPrompts: configuration.chatPrompts
        ).load(PromptRow.self)
        prompts = Array(rows.prefix(configuration.limit ?? rows.count))
        judges = try configuration.judgeSelections.map { judge in
            (judge.name, try ProxyReward(judge.selection, context: context))
        }
        proxy =
            try configuration.proxy.isEmpty
            ? nil : ProxyReward(configuration.proxySelection, context: context)
        try context.checkRows(
            of: prompts, for: judges.map(\.reward.reward) + [proxy?.reward].compactMap(\.self))
        folder = try EvaluationFolder(context, result: ArmMeasurement.file)
        measurer = ArmMeasurer(
            sampler: configuration.sampler, prompts: prompts, proxy: proxy,
            text: try configuration.perplexity.isEmpty
                ? nil : PlainText(configuration.perplexity, progress: context.progress),
            context: context, folder: folder)
    }

    private func measurement() throws -> ArmMeasurement {
        var arm = try found("arm", configuration.model)
        (arm.candidates, arm.takesBest) = (configuration.best ?? 1, configuration.best != nil)
        let start = try configuration.start.map { try found("start", $0) }
        let measured = try measurer.measure(arm, against: start ?? arm)
        let choice = divergences(of: arm, measured)
        let scores = try judges.map { ($0.name, try self.scores(by: $0, of: measured.answers, "arm")) }
        let proxies = try proxy?.scores(
            of: measured.answers, by: "arm", to: prompts, in: folder, as: "proxy-of-answers"
        ).value
        let ratios = configuration.start == nil ? nil : measured.logRatios
        let answers = measured.answers.enumerated().map { index, answer in
            ArmMeasurement.Answer(
                prompt: answer.prompt, text: answer.text, tokens: answer.tokens.count,
                isFinished: answer.isFinished,
                scores: Dictionary(
                    uniqueKeysWithValues: scores.compactMap { name, values in
                        values[index].map { (name, $0) }
                    }),
                proxy: proxies?[index],
                divergence: ratios.map { $0[index] + (choice?[answer.prompt] ?? 0) })
        }
        return ArmMeasurement(
            prompts: prompts.map(\.row.prompt.shown), answers: answers,
            stations: try configuration.stations ? stations(of: arm, against: start ?? arm) : [],
            distinct2: distinctShare(ofNGrams: 2, in: measured.answers.map { words(in: $0.text) }),
            perplexity: measured.text?.perplexity,
            cost: try ArmMeasurement.Cost(runs: configuration.runs.map { URL(fileURLWithPath: $0) }),
            shifts: try configuration.shiftOf.map { folder in
                let given = try ArmMeasurement(folder: URL(fileURLWithPath: folder))
                return try measurer.shifts(
                    of: arm, against: start ?? arm, on: self.answers(of: given, to: arm))
            })
    }

    /// The answers of another measurement in the model's tokens.
    private func answers(of given: ArmMeasurement, to arm: EvaluatedArm) throws -> [ArmAnswer] {
        try InvalidSetting.check(
            given.prompts == prompts.map(\.row.prompt.shown), MeasureConfiguration.CodingKeys.shiftOf,
            expected: "answers to the same prompts", found: "answers to \(given.prompts.count) others")
        return given.answers.map { answer in
            ArmAnswer(
                prompt: answer.prompt, text: answer.text,
                tokens: arm.source.tokenizer.encode(answer.text, addingSpecialTokens: false),
                finish: answer.isFinished ? .stop : .length)
        }
    }

    private func found(_ name: String, _ model: String?) throws -> EvaluatedArm {
        guard let model else { throw InvalidSetting.noModel() }
        return try EvaluatedArm(
            name: name, path: model, prompts: prompts,
            maximumNewTokens: configuration.sampler.maximumNewTokens, context: context)
    }

    private func scores(
        by judge: (name: String, reward: ProxyReward), of answers: [ArmAnswer], _ arm: String
    ) throws -> [Double?] {
        try judge.reward.scores(of: answers, by: arm, to: prompts, in: folder, as: "judge-\(judge.name)")
            .value
    }

    /// What choosing the best answer to each prompt moved, in nats; nil where answers are taken as they come.
    private func divergences(of arm: EvaluatedArm, _ measured: ArmMeasurements) -> [Double]? {
        guard arm.takesBest, let scores = measured.proxyScores else { return nil }
        return scores.chunked(max(1, scores.count / max(1, prompts.count))).map {
            BestOfN.divergence(arm.candidates, scores: $0.compactMap(\.self))
        }
    }

    // MARK: The way to the model

    private func stations(
        of arm: EvaluatedArm, against start: EvaluatedArm
    ) throws -> [ArmMeasurement.Station] {
        guard let run = configuration.runs.last else { return try bestOfFewer(arm) }
        let road = try Road(
            ArmArgument("run=\(run)", key: "runs"), prompts: prompts,
            maximumNewTokens: configuration.sampler.maximumNewTokens, context: context)
        // The last step, or the last round, is the model itself.
        let steps = try ArmMeasurement.Cost(runs: [URL(fileURLWithPath: run)]).updates
        let round = road.stations.last { $0.name.hasPrefix("round ") }?.name
        return try road.stations.filter { $0.name != "step \(steps)" && $0.name != round }.compactMap {
            station in
            let measured = try measurer.measure(station.arm, against: start)
            guard let ratios = measured.logRatios else { return nil }
            let scores = try judges.map {
                ($0.name, try self.scores(by: $0, of: measured.answers, station.arm.name))
            }
            return ArmMeasurement.Station(
                name: station.name, divergence: byPrompt(ratios, measured.answers).map { $0 ?? 0 },
                scores: Dictionary(
                    uniqueKeysWithValues: scores.map { ($0, byPrompt($1, measured.answers)) }))
        }
    }

    /// For each prompt the mean of what its answers have.
    private func byPrompt(_ values: [Double?], _ answers: [ArmAnswer]) -> [Double?] {
        var sums = [[Double]](repeating: [], count: prompts.count)
        for case (let value?, let answer) in zip(values, answers) { sums[answer.prompt].append(value) }
        return sums.map { mean(of: $0) }
    }

    /// The best of 2, 4, 8 … answers, over all ways to draw so many of those that were written.
    private func bestOfFewer(_ arm: EvaluatedArm) throws -> [ArmMeasurement.Station] {
        var all = arm
        all.takesBest = false
        let written = try measurer.measure(all, against: arm).answers
        let proxies = try proxy?.scores(of: written, by: arm.name, to: prompts, in: folder).value ?? []
        let scores = try judges.map { judge in
            let reward = (name: "\(judge.name)-of-all", reward: judge.reward)
            return (judge.name, try self.scores(by: reward, of: written, arm.name))
        }
        let places = Dictionary(grouping: written.indices, by: { written[$0].prompt })
        return FrontierBuilder.counts(upTo: arm.candidates).dropLast().map { n in
            func best(_ prompt: Int, _ values: [Double?]) -> Double? {
                let known = (places[prompt] ?? []).filter { proxies[$0] != nil && values[$0] != nil }
                guard known.count >= n else { return nil }
                return OrderStatistics.expected(
                    known.compactMap { values[$0] }, atBestOf: n, by: known.compactMap { proxies[$0] })
            }
            return ArmMeasurement.Station(
                name: "best of \(n)",
                divergence: prompts.indices.map { prompt in
                    BestOfN.divergence(n, scores: (places[prompt] ?? []).compactMap { proxies[$0] })
                },
                scores: Dictionary(
                    uniqueKeysWithValues: scores.map { name, values in
                        (name, prompts.indices.map { best($0, values) })
                    }))
        }
    }
}
