import Datasets
import Foundation
import JSON
import Rewards
import Runs
import Settings
import Statistics
import Training

/// `heed evaluate`: from models and held-out prompts to a report.
public enum EvaluateJob {
    /// Writes `report.html` and `report.json` into the output folder.
    ///
    /// Every arm answers every prompt with the same sampler and seed; the judge compares each answer with the reference's
    /// to the same prompt. What was measured stays under `arms/`: the same call after an interruption continues from there.
    ///
    /// - Parameters:
    ///   - guides: what to watch in training runs, by the verb that made them.
    ///   - idleSettings: which of a verb's settings did nothing, so that a report does not name them.
    /// - Throws: `Interrupted`, ``VotesMissing``, and what is wrong with settings, models, data or the output folder.
    public static func run(
        _ configuration: EvaluateConfiguration, origin: ReportOrigin, guides: [String: TrainingGuide] = [:],
        idleSettings: (_ verb: String, _ settings: JSONValue) -> Set<String> = { _, _ in [] },
        context: RunContext
    ) throws -> Report {
        let idle = idleSettings(context.verb, context.settings)
        func loadHistories() throws -> [TrainingHistory] {
            try configuration.namedRuns.map { run in
                var history = try TrainingHistory(run, guides: guides)
                history.idleSettings = idleSettings(history.verb, history.manifest.configuration)
                if history.guide == nil {
                    context.progress.note(
                        "\(run.path): a run of the unknown verb '\(history.verb)'; no curves")
                }
                return history
            }
        }
        guard !configuration.isAboutRewardModelAlone else {
            return try rewardModelReport(configuration, loadHistories(), origin, idle: idle, context)
        }
        let models = try configuration.namedModels()
        let prompts = try prompts(configuration)
        try context.rewards.checkLexicon(of: configuration.usedSelections)
        let judge = try configuration.people == nil ? judge(configuration, context) : nil
        let text =
            configuration.perplexity.isEmpty
            ? nil : try PlainText(configuration.perplexity, progress: context.progress)
        let arms = try EvaluatedArm.find(
            models, prompts: prompts, maximumNewTokens: configuration.sampler.maximumNewTokens,
            context: context)
        let roads = try configuration.namedRoads().map {
            try Road(
                $0, prompts: prompts, maximumNewTokens: configuration.sampler.maximumNewTokens,
                context: context)
        }
        let histories = try loadHistories()
        let proxy =
            try configuration.proxy.isEmpty
            ? nil : ProxyReward(configuration.proxySelection, context: context)
        try context.checkRows(of: prompts, for: [judge?.judge.reward, proxy?.reward].compactMap(\.self))

        let seen = try SeenPrompts(
            configuration.prompts, models: arms.map { $0.source.folders.adapter ?? $0.source.folders.base },
            runs: histories.map(\.folder))
        if let warning = seen.warning { context.progress.note(warning) }
        if let note = prompts.noteOnHarmfulness { context.progress.note(note) }

        let folder = try EvaluationFolder(context)
        let measurer = ArmMeasurer(
            sampler: configuration.sampler, prompts: prompts, proxy: proxy, text: text, context: context,
            folder: folder)
        let measured = try measurer.measure(arms + roads.flatMap { $0.stations.map(\.arm) })
        let measurements = Array(measured.prefix(arms.count))
        let verdicts =
            try judge.map(ArmVerdicts.program)
            ?? .people(
                PeopleStudy(
                    configuration, path: configuration.people ?? "", arms: arms,
                    prompts: prompts.map(\.row.prompt),
                    measurements: measurements, seed: context.run.seed
                ).votes(isPartial: configuration.isPartial))
        let names = PathNames()
        var builder = ReportBuilder(
            verdicts: verdicts, prompts: prompts, arms: arms, measurements: measurements,
            histories: histories, proxy: proxy, names: names, seed: context.seeds.derived("bootstrap").value)
        if let rewardModel = configuration.rewardModel {
            let measurer = try RewardModelMeasurer(
                rewardModel, chatPrompts: configuration.chatPrompts, context: context, folder: folder)
            try builder.addRewardModel(measurer, comparisons: configuration.comparisons)
        }
        if let proxy, case .program(let judge) = verdicts, !roads.isEmpty {
            let frontier = FrontierBuilder(
                proxy: proxy, judge: judge, prompts: prompts, folder: folder,
                seed: context.seeds.derived("bootstrap").value)
            try builder.addFrontier(roads, measured.dropFirst(arms.count), by: frontier)
        }
        var notes = Report.Notes(configuration, seed: context.run.seed)
        if let warning = seen.warning { notes.answers += " " + warning }
        let repetitions = try Repetitions(
            configuration.namedRoads().filter { $0.best == nil }, histories)
        if let note = builder.frontier.flatMap(repetitions.note) {
            notes.frontier += " " + note
            context.progress.note(note)
        }
        var report = try builder.report(origin, notes: notes)
        let seconds = measured.reduce(0) { $0 + $1.seconds }
        try finish(&report, configuration, names, seconds, idle: idle, context)
        try folder.write(report)
        return report
    }

    /// Adds what the evaluation itself ran, and leaves no place of this machine in the report.
    private static func finish(
        _ report: inout Report, _ configuration: EvaluateConfiguration, _ names: PathNames, _ seconds: Double,
        idle: Set<String>, _ context: RunContext
    ) throws {
        let data =
            configuration.prompts.map { (role: "prompts", path: $0) }
            + configuration.perplexity.map { (role: "plain text", path: $0) }
            + configuration.comparisons.map { (role: "comparisons", path: $0) }
        let rewardModel = try configuration.rewardModel.map {
            try RewardModelSource($0, on: context.computation).inputs(role: "reward model")
        }
        report.runs.append(
            try Report.RunNote(
                context, inputs: data + (rewardModel ?? []).map { ($0.role, $0.url.path) }, seconds: seconds,
                names, idle: idle))
        names.rename(in: &report)
    }

    private static func judge(
        _ configuration: EvaluateConfiguration, _ context: RunContext
    ) throws -> ArmJudge {
        let judge = try ArmJudge(configuration, context: context)
        context.progress.note("No person judges these answers. \(judge.note.description)")
        return judge
    }

    /// A reward model on held-out judgments, without arms.
    private static func rewardModelReport(
        _ configuration: EvaluateConfiguration, _ histories: [TrainingHistory], _ origin: ReportOrigin,
        idle: Set<String>, _ context: RunContext
    ) throws -> Report {
        let names = PathNames()
        let folder = try EvaluationFolder(context)
        let started = ContinuousClock.now
        let measurer = try RewardModelMeasurer(
            configuration.rewardModel ?? "", chatPrompts: configuration.chatPrompts, context: context,
            folder: folder)
        let quality = try measurer.quality(
            on: configuration.comparisons, using: measurer.loaded, bootstrap: Bootstrap(),
            seed: context.seeds.derived("bootstrap").value)
        guard let quality else {
            throw InvalidSetting(
                "comparisons", expected: "judgments that choose between two",
                found: "none in \(configuration.comparisons.joined(separator: ", "))")
        }
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        var report = Report(
            title: origin.title, created: Date(), arms: [], reference: "", prompts: 0,
            annotator: .init(name: "the held-out judgments", isSimulated: false, description: ""),
            seconds: seconds, command: origin.command,
            stages: origin.stages, runs: histories.map { .init($0, names) },
            curves: histories.compactMap(\.curves), rewardModel: quality,
            notes: .init(configuration, seed: context.run.seed))
        try finish(&report, configuration, names, seconds, idle: idle, context)
        try folder.write(report)
        return report
    }

    private static func prompts(_ configuration: EvaluateConfiguration) throws -> [SourcedRow<PromptRow>] {
        guard !configuration.prompts.isEmpty else {
            throw InvalidSetting(
                "prompts", expected: "held-out prompts, a .jsonl file or a folder (--prompts FILE)",
                found: "nothing")
        }
        let rows = try JSONLines(
            configuration.prompts, setting: "prompts", chatPrompts: configuration.chatPrompts
        ).load(PromptRow.self)
        return Array(rows.prefix(configuration.limit ?? rows.count))
    }
}
