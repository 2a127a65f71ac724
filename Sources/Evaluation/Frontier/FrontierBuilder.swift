import Datasets
import RandomNumbers
import Rewards
import Settings
import Statistics

/// Turns what was measured along roads into the frontier of a report.
struct FrontierBuilder {
    let proxy: ProxyReward
    let judge: ArmJudge
    let prompts: [SourcedRow<PromptRow>]
    let folder: EvaluationFolder
    /// Of the bootstrap; every interval starts from it.
    let seed: UInt64

    /// What is known of the answers to one prompt.
    private struct PromptAnswers {
        var proxy: [Double?] = []
        var gold: [Double] = []
        var logRatios: [Double] = []

        /// The same of answers that the proxy could score, which alone can be chosen.
        var scored: (proxy: [Double], gold: [Double], logRatios: [Double]) {
            let kept = proxy.indices.filter { proxy[$0] != nil }
            return (kept.compactMap { proxy[$0] }, kept.map { gold[$0] }, kept.map { logRatios[$0] })
        }
    }

    /// For each prompt what a station measured; nil where it has nothing to measure.
    private struct Measured {
        let name: String
        let divergences: [Double]
        let proxy: [Double?]
        let gold: [Double?]
        var length: Double?
        var eosRate: Double?
    }

    /// - Parameters:
    ///   - start: where roads begin.
    ///   - stations: of each road, what was measured on each of its stations.
    func frontier(
        start: (arm: EvaluatedArm, measured: ArmMeasurements), _ roads: [Road],
        _ stations: [[ArmMeasurements]]
    ) throws -> Report.Frontier {
        var starts = try answers(of: start.arm, start.measured)
        let measured = try zip(roads, stations).map { road, stations in
            try zip(road.stations, stations).flatMap { station, measurements -> [Measured] in
                let answers = try answers(of: station.arm, measurements)
                guard road.form == .bestOfN else {
                    return [self.station(station.name, answers, measurements)]
                }
                // More answers of the start tell better where it stands.
                if station.arm.fingerprint == start.arm.fingerprint { starts = joined(starts, answers) }
                return Self.counts(upTo: station.arm.candidates).map { best(of: $0, answers) }
            }
        }
        let base = (
            proxy: starts.map { mean(of: $0.proxy.compactMap(\.self)) },
            gold: starts.map { mean(of: $0.gold) }
        )
        return Report.Frontier(
            proxy: proxy.name, gold: judge.note.name,
            start: Report.Rewards(proxy: estimate(base.proxy), gold: estimate(base.gold)),
            spread: Report.Spread(
                proxy: Moments(starts.flatMap(\.proxy)).deviation,
                gold: Moments(starts.flatMap(\.gold)).deviation),
            roads: zip(roads, measured).map { self.road($0, $1, from: base) })
    }

    private func road(
        _ road: Road, _ stations: [Measured], from base: (proxy: [Double?], gold: [Double?])
    ) -> Report.Road {
        Report.Road(
            name: road.name, form: road.form,
            stations: stations.map { station in
                Report.Station(
                    name: station.name, kl: estimate(station.divergences) ?? Estimate(mean: 0),
                    gain: Report.Rewards(
                        proxy: estimate(gains(station.proxy, base.proxy)),
                        gold: estimate(gains(station.gold, base.gold))),
                    length: station.length, eosRate: station.eosRate)
            },
            proxy: fit(road.form, stations, base.proxy) { $0.proxy },
            gold: fit(road.form, stations, base.gold) { $0.gold })
    }

    /// 2, 4, 8 … and the last.
    static func counts(upTo last: Int) -> [Int] {
        sequence(first: 2) { $0 * 2 }.prefix { $0 < last } + [last]
    }

    // MARK: Answers

    private func answers(of arm: EvaluatedArm, _ measured: ArmMeasurements) throws -> [PromptAnswers] {
        let proxy = try proxy.scores(of: measured.answers, by: arm.name, to: prompts, in: folder).value
        let gold = try judge.scored(measured.answers, to: prompts).map(\.score)
        // The start has moved nowhere.
        let ratios = measured.logRatios ?? measured.answers.map { _ in 0 }
        var answers = [PromptAnswers](repeating: PromptAnswers(), count: prompts.count)
        for (index, answer) in measured.answers.enumerated() {
            answers[answer.prompt].proxy.append(proxy[index])
            answers[answer.prompt].gold.append(gold[index])
            answers[answer.prompt].logRatios.append(ratios[index])
        }
        return answers
    }

    private func joined(_ first: [PromptAnswers], _ second: [PromptAnswers]) -> [PromptAnswers] {
        zip(first, second).map { first, second in
            PromptAnswers(
                proxy: first.proxy + second.proxy, gold: first.gold + second.gold,
                logRatios: first.logRatios + second.logRatios)
        }
    }

    private func station(
        _ name: String, _ answers: [PromptAnswers], _ measured: ArmMeasurements
    ) -> Measured {
        Measured(
            name: name, divergences: answers.map { mean(of: $0.logRatios) ?? 0 },
            proxy: answers.map { mean(of: $0.proxy.compactMap(\.self)) },
            gold: answers.map { mean(of: $0.gold) },
            length: mean(of: measured.answers.map { Double($0.tokens.count) }),
            eosRate: mean(of: measured.answers.map { $0.isFinished ? 1 : 0 }))
    }

    /// The best of `n` by the proxy, over all ways to draw `n` of a prompt's answers. Where the model that wrote them is not
    /// the start, its own distance is added to that of the choice.
    private func best(of n: Int, _ answers: [PromptAnswers]) -> Measured {
        let scored = answers.map(\.scored)
        func expected(_ values: [Double], _ proxy: [Double]) -> Double? {
            proxy.count >= n ? OrderStatistics.expected(values, atBestOf: n, by: proxy) : nil
        }
        return Measured(
            name: "best of \(n)",
            divergences: scored.map {
                BestOfN.divergence(n, scores: $0.proxy) + (expected($0.logRatios, $0.proxy) ?? 0)
            },
            proxy: scored.map { expected($0.proxy, $0.proxy) },
            gold: scored.map { expected($0.gold, $0.proxy) })
    }

    // MARK: Over prompts

    private func gains(_ values: [Double?], _ base: [Double?]) -> [Double?] {
        zip(values, base).map { value, base in value.flatMap { value in base.map { value - $0 } } }
    }

    private func estimate(_ values: [Double?]) -> Estimate? {
        var random = RandomSource(seed: seed)
        return Bootstrap().mean(of: values.compactMap(\.self), using: &random)
    }

    private func fit(
        _ form: RewardCurve.Form, _ stations: [Measured], _ base: [Double?],
        _ reward: (Measured) -> [Double?]
    ) -> Report.Fit? {
        var random = RandomSource(seed: seed)
        return RewardCurveEstimate(
            form,
            stations.map { .init(divergences: $0.divergences, gains: gains(reward($0), base)) },
            using: &random
        ).map(Report.Fit.init)
    }
}
