import Datasets
import Files
import Foundation
import Models
import Rewards
import Runs
import Settings
import Statistics
import Training

/// The rounds of rejection sampling. Beside its answers, a round has `scored.jsonl`, `kept.jsonl`, the demonstrations that its
/// training reads, `best-of-n.json` with its picture, and `temperature.json` where it tried several.
struct RejectionRounds {
    private let settings: TrainingSettings<Rejection>
    private let context: RunContext
    private let frame: RoundsRun
    private let rewards: RewardSources

    private var method: Rejection.Configuration { settings.method }

    init(_ settings: TrainingSettings<Rejection>, context: RunContext) throws {
        self.settings = settings
        self.context = context
        rewards = try context.rewards.sources(settings.method.rewards.selection, on: context.computation)
        guard !rewards.isEmpty else { throw Rejection.missingData(settings)[0] }
        frame = try RoundsRun(
            settings.training, settings.adapters, prompts: settings.method.prompts,
            maximumNewTokens: settings.method.sampler.maximumNewTokens, context: context)
    }

    func run() throws -> TrainingResult {
        let audit = try audit()
        audit.forEach(context.progress.note)
        var scored: [ScoredAnswers] = []
        var metrics: [[MetricsRecord.Metric]] = []
        return try frame.run(method.rounds, inputs: rewards.inputs) { round, policy in
            var sampler = method.sampler
            sampler.temperature = try temperature(of: round, policy)
            try frame.sample(round, from: policy, by: sampler, to: round.responses)
            if !FileSystem.exists(round.scored) {
                try scores(of: round, round.responses).write(to: round.scored)
            }
            let answers = try ScoredAnswers(round: round.number, contentsOf: round.scored)
            if round.number == 1, PreflightReport.kept(in: round.run) == nil { try lookAhead(answers, round) }
            scored = (method.keepsPast ? scored : []) + [answers]
            let kept = KeptAnswers(of: scored, method)
            try check(kept, of: answers)
            let worthless = kept.warning(of: answers).map { "beware: \($0)" }
            if let worthless { context.progress.note(worthless) }
            try kept.write(to: round.kept, prompts: answers.rows)
            try BestOfCurve(
                scores: answers.scores, round: round.number, temperature: sampler.temperature,
                seed: context.seeds.derived("bootstrap").value
            )?.write(to: round.folder)
            let result = try frame.train(
                round, Rejection.supervised(settings), from: method.startsOver ? nil : policy, on: round.kept,
                by: SFT.train)
            metrics.append(
                RejectionMetrics(answers, kept, temperature: sampler.temperature).all(
                    learning: try round.records()))
            let warnings = PreflightReport.kept(in: round.run)?.warnings ?? []
            let notes =
                [RejectionMetrics.summary(metrics), worthless].compactMap(\.self) + audit
                + warnings.map { "before the first update: \($0)" } + (result.notes ?? [])
            return RoundResult(result, metrics: metrics[metrics.count - 1], notes: notes)
        }
    }

    /// What can be said of the rewards before anything is sampled.
    private func audit() throws -> [String] {
        let loaded = try rewards.load()
        return try RewardAudit.notesOfRows(for: loaded, to: frame.questions)
            + [RewardAudit.verdict(on: loaded, answering: frame.questions)].compactMap(\.self)
    }

    /// Tells what the answers of the very first policy say of the run to come, and keeps it in the run's folder.
    private func lookAhead(_ answers: ScoredAnswers, _ round: Round) throws {
        let name = rewards.names.joined(separator: "+")
        let report = PreflightReport(
            answers.rows.flatMap { $0.rewardInputs() },
            RewardTable(columns: [(name, 1, answers.scores.flatMap(\.self))]),
            groupSize: method.sampler.answersPerPrompt, maximumNewTokens: method.sampler.maximumNewTokens)
        report.lines.forEach(context.progress.note)
        try report.write(to: round.run)
    }

    /// The reward is loaded for this alone: a model that scores needs its memory no longer than it scores.
    private func scores(of round: Round, _ file: URL) throws -> ScoredAnswers {
        let reward = try rewards.loadSum()
        reward.notes.forEach { context.progress.note($0, onceAbout: $0) }
        return try ScoredAnswers(round: round.number, scoring: file, by: reward)
    }

    private func check(_ kept: KeptAnswers, of answers: ScoredAnswers) throws {
        guard kept.answers.isEmpty else {
            if kept.promptsWithout > 0 {
                context.progress.note(
                    "round \(answers.round): nothing is learned of \(kept.promptsWithout) of \(answers.rows.count) "
                        + "prompts: no answer that ended by itself, says something and reaches the lowest score"
                )
            }
            return
        }
        let responses = answers.rows.flatMap(\.responses)
        throw InvalidSetting(
            "reward",
            expected: "an answer of round \(answers.round) "
                + (method.keepsCutOff ? "with a score" : "that ended by itself")
                + (method.minimumScore.map { " and scores at least \($0)" } ?? ""),
            found: "\(responses.count) answers, \(responses.count { $0.finish == .length }) of them cut off, "
                + "\(answers.scores.joined().count { $0 == nil }) without a score, and the best score "
                + (answers.scores.joined().compactMap(\.self).max().map { "\($0)" } ?? "none")
                + "; raise --max-new-tokens or --n, or lower --min-score")
    }

    // MARK: The temperature

    /// What a round found out about temperatures.
    private struct TemperatureSearch: Codable {
        struct Trial: Codable {
            let temperature: Double
            /// The mean of the best score of each prompt's answers; nil where none has a score.
            let best: Double?
        }

        let temperature: Double
        let trials: [Trial]
    }

    /// The temperature of a round's answers, by trying all of them on a few prompts where there are several.
    private func temperature(of round: Round, _ policy: String) throws -> Double {
        guard !method.temperatures.isEmpty else { return method.sampler.temperature }
        let file = round.file("temperature.json")
        // What cannot be read is found out again.
        if let data = try? FileSystem.read(file),
            let search = try? JSONDecoder().decode(TemperatureSearch.self, from: data)
        {
            return search.temperature
        }
        let trials = try method.temperatures.map { temperature in
            var sampler = method.sampler
            sampler.temperature = temperature
            let output = round.file("temperature-\(temperature).jsonl")
            try frame.sample(
                round, from: policy, by: sampler, name: "temperature \(temperature)",
                limit: method.temperaturePrompts, to: output)
            let best = try scores(of: round, output).best
            return TemperatureSearch.Trial(temperature: temperature, best: mean(of: best))
        }
        // Of equals the first that was named.
        let best = trials.max { ($0.best ?? -.infinity) < ($1.best ?? -.infinity) }
        let search = TemperatureSearch(
            temperature: best?.temperature ?? method.sampler.temperature, trials: trials)
        let shown = trials.map { "\($0.temperature): \($0.best.map(NumberStyle.plain.text) ?? "no score")" }
        context.progress.note(
            "round \(round.number): temperature \(search.temperature), by the best answers to the "
                + "first \(method.temperaturePrompts) prompts (\(shown.joined(separator: ", ")))")
        try AtomicFile.write(encoding: search, to: file)
        return search.temperature
    }
}

extension Round {
    fileprivate var scored: URL { file("scored.jsonl") }
    fileprivate var kept: URL { file("kept.jsonl") }
}
