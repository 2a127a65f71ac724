import Foundation
import Statistics

/// From what a study measured to what it found.
struct StudyAnalysis {
    private static let shownPrompts = 5

    let input: StudyInput
    /// The judge that decides.
    private let judge: String
    /// Of arms by name, the start's among them.
    private let measured: [(name: String, seeds: [ArmMeasurement])]
    private let roads: [String: [StudyRoad]]
    private let matchedKL: Double?

    init(_ input: StudyInput) {
        self.input = input
        judge = input.judges.first?.name ?? ""
        measured =
            [(input.startName, [input.start])]
            + input.arms.filter { !$0.seeds.isEmpty }.map { ($0.name, $0.seeds) }
        let judge = judge
        let roads = Dictionary(
            uniqueKeysWithValues: input.arms.compactMap { arm in
                let roads = arm.seeds.compactMap { StudyRoad($0, from: input.start, judge: judge) }
                return roads.isEmpty || roads.count < arm.seeds.count ? nil : (arm.name, roads)
            })
        self.roads = roads
        matchedKL = StudyRoad.commonDistance(of: input.arms.compactMap { roads[$0.name] })
    }

    func report() -> StudyReport {
        let comparisons = comparisons()
        let start = StudyInput.Arm(
            name: input.startName, description: "as it came, not trained", seeds: [input.start],
            capabilities: input.startCapabilities.mapValues { [$0] })
        let arms = ([start] + input.arms).map { arm($0, comparisons) }
        var report = StudyReport(
            title: input.title, created: input.created, command: input.command, seconds: input.seconds,
            arms: arms, reference: input.startName, prompts: input.start.prompts.count, annotator: judge,
            judges: input.judges, comparisons: comparisons, matchedKL: matchedKL,
            spreadOfSeeds: spreadOfSeeds(arms), spreadOfArms: spreadOfArms(arms),
            detectable: nil, criterion: input.criterion, budget: input.budget, analysis: input.analysis,
            registration: input.registration, rewardModel: input.rewardModel, methods: input.methods,
            groups: input.groups.map { GroupsAnalysis(input: $0, analysis: input.analysis).report() },
            people: input.votes.map {
                PeopleAnalysis(votes: $0, arms: measured.map(\.name), analysis: input.analysis).report()
            },
            failures: input.failures, summary: [])
        report.detectable = detectable(among: report.planned.count)
        report.summary = report.sentences
        return report
    }

    // MARK: Comparisons

    /// Every two arms by every judge; those that were planned are decided, all at once.
    private func comparisons() -> [StudyReport.Comparison] {
        let pairs = measured.indices.flatMap { first in
            measured.indices.dropFirst(first + 1).map { (measured[$0], measured[first]) }
        }
        let found = input.judges.flatMap { judge in
            pairs.compactMap { arm, other -> (comparison: StudyReport.Comparison, rate: SampledNumber)? in
                guard
                    let rate = ArmOutcomes(arm.seeds, against: other.seeds, judge: judge.name)?.winRate
                else { return nil }
                let controlled = LengthControlledWinRate.sampled(
                    arm.seeds, against: other.seeds, judge: judge.name)
                return (
                    StudyReport.Comparison(
                        first: arm.name, second: other.name, judge: judge.name,
                        winRate: share(rate), lengthControlled: controlled.map(share),
                        probability: rate.probability(of: 0.5), adjusted: nil, verdict: .undecided), rate
                )
            }
        }
        var comparisons = found.map(\.comparison)
        let planned = comparisons.indices.filter {
            input.analysis.plans(comparisons[$0].first, comparisons[$0].second)
        }
        let adjusted = holmAdjusted(planned.map { comparisons[$0].probability })
        for (index, adjusted) in zip(planned, adjusted) {
            comparisons[index].adjusted = adjusted
            comparisons[index].verdict = verdict(found[index].rate, adjusted: adjusted)
        }
        return comparisons
    }

    private func verdict(_ rate: SampledNumber, adjusted: Double) -> StudyReport.Verdict {
        if adjusted < input.analysis.level { return rate.value > 0.5 ? .better : .worse }
        // Two one-sided tests at the level: the interval of 1 − 2 · level.
        let inner = rate.estimate(confidence: 1 - 2 * input.analysis.level)
        let effect = input.analysis.smallestEffect
        if let low = inner.low, let high = inner.high, low > 0.5 - effect, high < 0.5 + effect {
            return .alike
        }
        return .undecided
    }

    private var confidence: Double { 1 - input.analysis.level }

    private func estimate(_ number: SampledNumber?) -> Estimate? {
        number.map { $0.estimate(confidence: confidence) }
    }

    private func share(_ number: SampledNumber) -> Estimate {
        number.estimate(confidence: confidence, within: 0...1)
    }

    // MARK: Arms

    private func arm(_ arm: StudyInput.Arm, _ comparisons: [StudyReport.Comparison]) -> StudyReport.Arm {
        let against = comparisons.filter { $0.first == arm.name && $0.second == input.startName }
        let seeds = arm.seeds
        func everywhere(_ value: (ArmMeasurement) -> Double?) -> Double? {
            mean(of: seeds.compactMap(value))
        }
        let isStart = arm.name == input.startName
        let divergence =
            isStart ? nil : crossedMean(seeds.map { $0.byPrompt(\.divergence).map { mean(of: $0) } })
        return StudyReport.Arm(
            name: arm.name, description: arm.description, seeds: isStart ? 0 : seeds.count,
            failures: arm.failures, isExploratory: arm.isExploratory,
            winRate: against.first { $0.judge == judge }?.winRate,
            seedWinRates: isStart ? [] : seedWinRates(seeds),
            winRates: Dictionary(uniqueKeysWithValues: against.map { ($0.judge, $0.winRate) }),
            score: estimate(crossedMean(seeds.map { $0.scoresByPrompt(judge).map { mean(of: $0) } })),
            kl: isStart ? 0 : divergence?.value,
            klInterval: isStart ? Estimate(mean: 0) : estimate(divergence),
            length: everywhere { $0.meanOfAnswers { Double($0.tokens) } },
            eosRate: everywhere { $0.meanOfAnswers { $0.isFinished ? 1 : 0 } },
            distinct2: everywhere(\.distinct2), perplexity: everywhere(\.perplexity),
            capabilities: capabilities(of: arm),
            proxyAgreement: isStart
                ? nil
                : crossedMean(
                    seeds.map { $0.proxyAgreement(with: input.start, judge: judge) }, areShares: true
                ).map(share),
            matchedGain: matchedGain(arm.name), path: path(arm.name), cost: cost(arm), trials: arm.trials,
            samples: samples(seeds.first))
    }

    private func seedWinRates(_ seeds: [ArmMeasurement]) -> [Double] {
        seeds.compactMap { seed in
            ArmOutcomes([seed], against: [input.start], judge: judge).flatMap { mean(of: $0.prompts) }
        }
    }

    private func matchedGain(_ arm: String) -> Estimate? {
        guard let matchedKL, let roads = roads[arm] else { return nil }
        let gains = roads.compactMap { $0.gains(at: matchedKL) }
        return gains.count < roads.count ? nil : estimate(crossedMean(gains))
    }

    /// Stations that all trainings have, in the order of the first.
    private func path(_ arm: String) -> [StudyReport.Station] {
        guard let roads = roads[arm], let first = roads.first else { return [] }
        return first.stations.compactMap { station in
            let same = roads.compactMap { road in road.stations.first { $0.name == station.name } }
            guard same.count == roads.count, let gain = estimate(crossedMean(same.map(\.gains))) else {
                return nil
            }
            return StudyReport.Station(
                name: station.name, kl: Estimate(mean: mean(of: same.map(\.kl)) ?? 0), gain: gain)
        }
    }

    private func cost(_ arm: StudyInput.Arm) -> StudyReport.Cost {
        func mean(_ value: (ArmMeasurement.Cost) -> Int) -> Double {
            Statistics.mean(of: arm.seeds.map { Double(value($0.cost)) }) ?? 0
        }
        var search = ArmMeasurement.Cost()
        for trial in arm.trials {
            search.updates += trial.cost.updates
            search.trained += trial.cost.trained
            search.sampled += trial.cost.sampled
        }
        let seconds = arm.seconds.compactMap(\.self)
        var cost = StudyReport.Cost(
            updates: mean(\.updates), trained: mean(\.trained), sampled: mean(\.sampled),
            seconds: Statistics.mean(of: seconds), peakMemory: arm.peakMemory.compactMap(\.self).max(),
            search: search,
            searchSeconds: arm.trials.isEmpty ? nil : arm.trials.reduce(0) { $0 + ($1.seconds ?? 0) },
            excess: [])
        let limits: [(String, Double, Double?)] = [
            ("updates", cost.updates, input.budget.updates.map(Double.init)),
            ("tokens", cost.trained + cost.sampled, input.budget.tokens.map(Double.init)),
            ("seconds", cost.seconds ?? 0, input.budget.seconds),
        ]
        cost.excess = limits.filter { $0.1 > ($0.2 ?? .infinity) }.map(\.0)
        return cost
    }

    private func samples(_ seed: ArmMeasurement?) -> [Report.Sample] {
        guard let seed else { return [] }
        var shown: Set<Int> = []
        return seed.answers.filter { $0.prompt < Self.shownPrompts && shown.insert($0.prompt).inserted }.map {
            Report.Sample(
                prompt: seed.prompts[$0.prompt], text: $0.text, score: $0.scores[judge],
                isFinished: $0.isFinished)
        }
    }

    // MARK: Seeds beside methods

    /// Pooled over arms that were trained at least twice.
    private func spreadOfSeeds(_ arms: [StudyReport.Arm]) -> Double? {
        let variances = arms.filter { $0.seedWinRates.count > 1 }.map { arm in
            let deviation = Moments(arm.seedWinRates).deviation
            return deviation * deviation
        }
        return mean(of: variances).map { $0.squareRoot() }
    }

    private func spreadOfArms(_ arms: [StudyReport.Arm]) -> Double? {
        let rates = arms.compactMap { $0.winRate?.mean }
        return rates.count > 1 ? Moments(rates).deviation : nil
    }

    /// The median over comparisons by the first judge: the difference that the stated power finds at the first of Holm's levels.
    private func detectable(among count: Int) -> Double? {
        let trained = measured.dropFirst()
        let pairs = trained.indices.flatMap { first in
            trained.indices.filter { $0 > first }.map { (trained[first], trained[$0]) }
        }.filter { input.analysis.plans($0.0.name, $0.1.name) }
        let level = input.analysis.level / Double(max(1, count))
        let found = pairs.compactMap { arm, other -> Double? in
            guard let rate = ArmOutcomes(arm.seeds, against: other.seeds, judge: judge)?.winRate,
                rate.variance > 0
            else { return nil }
            let student = StudentDistribution(degrees: rate.degrees)
            return
                (student.quantile(1 - level / 2) + student.quantile(input.analysis.power))
                * rate.standardError
        }
        return quantile(0.5, of: found)
    }
}

extension SampledNumber {
    /// With an interval that ends where the number does.
    func estimate(confidence: Double, within range: ClosedRange<Double>) -> Estimate {
        let estimate = estimate(confidence: confidence)
        return Estimate(
            mean: estimate.mean, low: estimate.low.map { max(range.lowerBound, $0) },
            high: estimate.high.map { min(range.upperBound, $0) })
    }
}
