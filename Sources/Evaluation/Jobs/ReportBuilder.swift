import Datasets
import Foundation
import RandomNumbers
import Rewards
import Runs
import Settings
import Statistics

/// Turns what was measured into a report.
struct ReportBuilder {
    let verdicts: ArmVerdicts
    let prompts: [SourcedRow<PromptRow>]
    /// The first is the reference.
    let arms: [EvaluatedArm]
    /// As many as `arms`.
    let measurements: [ArmMeasurements]
    let histories: [TrainingHistory]
    /// What chose the best of several answers; nil where nothing did.
    let proxy: ProxyReward?
    let names: PathNames
    /// Of the bootstrap; every interval starts from it, so that none depends on another.
    let seed: UInt64

    private let bootstrap = Bootstrap()
    private var rewardScores: [String: Estimate] = [:]
    private var rewardModel: Report.RewardModelQuality?
    private(set) var frontier: Report.Frontier?
    /// What was done besides measuring arms.
    private var furtherStages: [Report.Stage] = []

    init(
        verdicts: ArmVerdicts, prompts: [SourcedRow<PromptRow>], arms: [EvaluatedArm],
        measurements: [ArmMeasurements],
        histories: [TrainingHistory], proxy: ProxyReward? = nil, names: PathNames, seed: UInt64
    ) {
        self.verdicts = verdicts
        self.prompts = prompts
        self.arms = arms
        self.measurements = measurements
        self.histories = histories
        self.proxy = proxy
        self.names = names
        self.seed = seed
    }

    /// Adds the reward model's scores of all answers, and how good it is.
    mutating func addRewardModel(_ measurer: RewardModelMeasurer, comparisons: [String]) throws {
        var seconds = 0.0
        var loaded: RewardModelScorer?
        let scorer = {
            let scorer = try loaded ?? measurer.loaded()
            loaded = scorer
            return scorer
        }
        for (arm, measured) in zip(arms, measurements) {
            let scores = try measurer.scores(of: measured.answers, by: arm.name, to: prompts, using: scorer)
            let known = zip(measured.answers, scores.value).compactMap { answer, score in
                score.map { (prompt: answer.prompt, score: $0) }
            }
            rewardScores[arm.name] = estimate(known.map(\.score), prompts: known.map(\.prompt))
            seconds += scores.seconds
        }
        if !comparisons.isEmpty {
            rewardModel = try measurer.quality(
                on: comparisons, using: scorer, bootstrap: bootstrap, seed: seed)
        }
        furtherStages.append(
            Report.Stage(
                name: "reward model", seconds: seconds,
                detail: "scores of \(measurements.reduce(0) { $0 + $1.answers.count }) answers"))
    }

    /// Adds what was maximised against what was wanted along roads away from the reference.
    ///
    /// - Parameter measured: of all stations, road by road.
    mutating func addFrontier(
        _ roads: [Road], _ measured: ArraySlice<ArmMeasurements>, by builder: FrontierBuilder
    ) throws {
        var remaining = measured
        let stations = try roads.map { road in
            let own = Array(remaining.prefix(road.stations.count))
            remaining = remaining.dropFirst(road.stations.count)
            guard own.allSatisfy({ $0.logRatios != nil }) else {
                throw InvalidSetting(
                    "frontier",
                    expected: "models that read the same tokens as \(arms[0].name), so that their KL "
                        + "can be measured", found: "others in \(road.name)")
            }
            return own
        }
        frontier = try builder.frontier(start: (arms[0], measurements[0]), roads, stations)
        furtherStages.append(
            Report.Stage(
                name: "frontier", seconds: measured.reduce(0) { $0 + $1.seconds },
                detail:
                    "\(measured.reduce(0) { $0 + $1.answers.count }) answers of \(measured.count) stations"))
    }

    func report(_ origin: ReportOrigin, notes: Report.Notes) throws -> Report {
        let scored = try measurements.map { try verdicts.scored($0.answers, to: prompts) }
        let stages =
            origin.stages
            + zip(arms, measurements).map { arm, measured in
                Report.Stage(
                    name: "evaluate \(arm.name)", seconds: measured.seconds,
                    detail: "\(measured.answers.count) answers to \(prompts.count) prompts")
            } + furtherStages
        return Report(
            title: origin.title, created: Date(),
            arms: try arms.indices.map { try arm($0, scored: scored[$0], against: scored[0]) },
            reference: arms[0].name, prompts: prompts.count, annotator: verdicts.note,
            seconds: stages.reduce(0) { $0 + $1.seconds }, command: origin.command, stages: stages,
            models: arms.map { .init($0, names) }, runs: histories.map { .init($0, names) },
            curves: histories.compactMap(\.curves), explained: try histories.compactMap { try $0.explained },
            rewardModel: rewardModel, people: people, frontier: frontier, notes: notes)
    }

    private var people: Report.People? {
        guard case .people(let votes) = verdicts else { return nil }
        return votes.summary(arms: arms.map(\.name), seed: seed)
    }

    private func arm(_ index: Int, scored: [ScoredResponse]?, against reference: [ScoredResponse]?) throws
        -> Report.Arm
    {
        let (arm, measured) = (arms[index], measurements[index])
        let isReference = index == 0
        let outcomes = isReference ? nil : outcomes(of: index, scored, against: reference)
        let compared = outcomes.map {
            ComparisonStatistics(comparisons: comparisons(of: index, $0), seed: seed)
        }
        let answers = measured.answers
        let clusters = answers.map(\.prompt)
        let choice = divergences(of: index)
        return Report.Arm(
            name: arm.name, madeFrom: origin(of: arm), winRate: compared?.winRate?.rate,
            lengthControlledWinRate: compared?.lengthControlled, composition: compared?.composition,
            topics: compared?.topics(prompts.map(\.row.topic)),
            refusals: RefusalStatistics(prompts, seed: seed).refusals(
                in: answers, against: isReference ? nil : measurements[0].answers),
            score: scored.flatMap { estimate($0.map(\.score), prompts: clusters) },
            kl: isReference
                ? Estimate(mean: 0)
                : measured.logRatios.flatMap { ratios in
                    let whole = zip(ratios, clusters).map { $0 + (choice?[$1] ?? 0) }
                    return estimate(whole, prompts: clusters)
                },
            bestOf: choice.map { bestOf(arm, $0) },
            length: mean(of: answers.map { Double($0.tokens.count) }),
            eosRate: mean(of: answers.map { $0.isFinished ? 1 : 0 }),
            distinct2: distinctShare(ofNGrams: 2, in: answers.map { words(in: $0.text) }),
            perplexity: measured.text?.perplexity, rewardModelScore: rewardScores[arm.name],
            samples: answers.indices.map { position in
                Report.Sample(
                    prompt: prompts[answers[position].prompt].row.prompt.shown, text: answers[position].text,
                    score: scored?[position].score, isFinished: answers[position].isFinished,
                    outcome: outcomes.flatMap { $0[position] })
            },
            path: try path(of: arm))
    }

    /// What choosing the best answer to each prompt moved, in nats; nil where answers are taken as they come.
    private func divergences(of arm: Int) -> [Double]? {
        guard arms[arm].takesBest, let scores = measurements[arm].proxyScores else { return nil }
        let written = scores.chunked(max(1, scores.count / max(1, prompts.count)))
        return written.map { BestOfN.divergence(arms[arm].candidates, scores: $0.compactMap(\.self)) }
    }

    private func bestOf(_ arm: EvaluatedArm, _ divergences: [Double]) -> Report.BestOf {
        Report.BestOf(
            n: arm.candidates, chosenBy: proxy?.name ?? "", klBound: BestOfN.divergenceBound(arm.candidates),
            klOfChoice: estimate(divergences, prompts: Array(divergences.indices)))
    }

    /// What became of each answer against the reference's; nil where nobody said.
    private func outcomes(
        of arm: Int, _ scored: [ScoredResponse]?, against reference: [ScoredResponse]?
    ) -> [Outcome?] {
        switch verdicts {
        case .program(let judge):
            zip(scored ?? [], reference ?? []).map { judge.outcome(of: $0, against: $1) }
        case .people(let votes):
            measurements[arm].answers.map {
                votes.outcome(of: $0, by: arm, against: 0)
            }
        }
    }

    /// Every verdict on an answer of an arm and one of the reference: one a pair of answers, or one a vote.
    private func comparisons(of arm: Int, _ outcomes: [Outcome?]) -> [ArmComparison] {
        let (own, other) = (measurements[arm].answers, measurements[0].answers)
        switch verdicts {
        case .program:
            return zip(zip(own, other), outcomes).compactMap { pair, outcome in
                outcome.map { ArmComparison($0, of: pair.0, against: pair.1) }
            }
        case .people(let votes):
            return votes.all.compactMap { vote in
                guard let outcome = vote.outcome(of: arm, against: 0),
                    let answer = own.first(where: { vote.isAbout($0, of: arm) }),
                    let answered = other.first(where: { vote.isAbout($0, of: 0) })
                else { return nil }
                return ArmComparison(outcome, of: answer, against: answered)
            }
        }
    }

    private func path(of arm: EvaluatedArm) throws -> [Report.PathPoint] {
        guard case .program(let judge) = verdicts else { return [] }
        return try history(of: arm)?.path(judge: judge.judge) ?? []
    }

    /// The run that made an arm's model.
    private func history(of arm: EvaluatedArm) -> TrainingHistory? {
        histories.first { $0.made(arm.source.folders.adapter ?? arm.source.folders.base) }
    }

    /// The arm whose model the run of another began with.
    private func origin(of arm: EvaluatedArm) -> String? {
        let inputs = history(of: arm)?.manifest.inputs ?? []
        guard let run = inputs.first(where: { $0.role == "model" })?.run else { return nil }
        return arms.first { history(of: $0)?.manifest.identifier == run }?.name
    }

    private func estimate(_ values: [Double], prompts: [Int]) -> Estimate? {
        var random = RandomSource(seed: seed)
        return bootstrap.mean(of: values, clusters: prompts, using: &random)
    }
}

extension ArmComparison {
    fileprivate init(_ outcome: Outcome, of answer: ArmAnswer, against other: ArmAnswer) {
        self.init(
            prompt: answer.prompt, outcome: outcome, arm: Side(answer), reference: Side(other))
    }
}

extension ArmComparison.Side {
    fileprivate init(_ answer: ArmAnswer) {
        self.init(isFinished: answer.isFinished, length: answer.text.unicodeScalars.count)
    }
}

extension PromptRow {
    /// What its column `topic` says.
    var topic: String? { extra["topic"]?.string }
}

extension Text {
    /// The prompt for a reader: the text, the only message, or all of them with their roles.
    var shown: String {
        switch self {
        case .plain(let text): text
        case .messages(let messages) where messages.count == 1: messages[0].content
        case .messages(let messages): messages.map { "\($0.role): \($0.content)" }.joined(separator: "\n\n")
        }
    }
}

extension Report.Notes {
    /// The standard notes with this evaluation's settings.
    init(_ configuration: EvaluateConfiguration, seed: Int) {
        self.init()
        let sampler = configuration.sampler
        let parameters = sampler.parameters
        var settings = parameters.isGreedy ? ["greedy"] : ["temperature \(parameters.temperature)"]
        if parameters.topK > 0 { settings.append("top-k \(parameters.topK)") }
        if parameters.topP < 1 { settings.append("top-p \(parameters.topP)") }
        if parameters.minP > 0 { settings.append("min-p \(parameters.minP)") }
        if parameters.repetitionPenalty != 1 {
            settings.append("repetition penalty \(parameters.repetitionPenalty)")
        }
        settings.append("at most \(sampler.maximumNewTokens) tokens, seed \(seed)")
        answers +=
            " \(sampler.answersPerPrompt) to each prompt of \(configuration.prompts.joined(separator: ", ")), sampled "
            + "with \(settings.joined(separator: ", "))."
        if !parameters.isGreedy, !parameters.drawsFromModelDistribution || parameters.temperature != 1 {
            kl +=
                " Both are the models' own probabilities at temperature \(parameters.temperature), before filters."
        }
        if !configuration.proxy.isEmpty {
            kl +=
                " Of the best of n answers, what choosing moved is added to that of the answers chosen: with the share F of "
                + "a prompt's answers that score no higher, and F₋ of those that score lower, the best of n scores so with "
                + "the probability Fⁿ − F₋ⁿ; scores that came once count as drawn from a continuum. log n − (n − 1)/n, the "
                + "bound, is more than that wherever answers score alike."
        }
        if !configuration.trainingRuns.isEmpty {
            kl +=
                " The way to an arm is that of its training batches: KL as training logged it, and the judge's score of "
                + "the responses sampled there."
        }
        if !configuration.perplexity.isEmpty {
            perplexity +=
                " Text: \(configuration.perplexity.joined(separator: ", ")), in windows of "
                + "\(PlainText.windowLength) tokens whose first token is not counted."
        }
        if !configuration.comparisons.isEmpty {
            rewardModel += " Comparisons: \(configuration.comparisons.joined(separator: ", "))."
        }
    }
}
