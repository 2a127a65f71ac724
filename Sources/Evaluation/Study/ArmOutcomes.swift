import Statistics

/// What became of the answers of two arms, training by training and prompt by prompt, by one judge.
struct ArmOutcomes {
    /// Of each training of the first arm, on each prompt that everything was judged on, against all trainings of the second.
    let first: [[Double]]
    /// Of each training of the second, against all of the first; a win of the first counts one here too.
    let second: [[Double]]
    /// On each prompt, over all trainings.
    let prompts: [Double]

    /// - Returns: `nil` where no prompt was judged in all trainings of both.
    init?(_ arms: [ArmMeasurement], against others: [ArmMeasurement], judge: String) {
        let scores = arms.map { $0.scoresByPrompt(judge) }
        let rivals = others.map { $0.scoresByPrompt(judge) }
        guard let count = (scores + rivals).map(\.count).min(), count > 0 else { return nil }
        let judged = (0..<count).filter { prompt in (scores + rivals).allSatisfy { !$0[prompt].isEmpty } }
        guard !judged.isEmpty else { return nil }
        // Rates by training, by rival, by prompt.
        let rates = scores.map { own in
            rivals.map { rival in judged.map { winShare(of: own[$0], against: rival[$0]) } }
        }
        first = rates.map { columnMeans($0) }
        second = rivals.indices.map { rival in columnMeans(rates.map { $0[rival] }) }
        prompts = columnMeans(first)
    }

    /// How often the first arm's answers win.
    var winRate: SampledNumber? { CrossedMean.sampled(shares: prompts, trainings: [first, second]) }
}

/// For each prompt the mean over rows.
func columnMeans(_ rows: [[Double]]) -> [Double] {
    guard let width = rows.first?.count else { return [] }
    return (0..<width).map { column in rows.reduce(0) { $0 + $1[column] } / Double(rows.count) }
}

/// How often one of some scores is higher than one of others, ties counted half.
func winShare(of scores: [Double], against others: [Double]) -> Double {
    let sum = scores.reduce(0) { sum, score in
        sum + others.reduce(0) { $0 + Outcome(score: score, against: $1).value }
    }
    return sum / Double(scores.count * others.count)
}

extension ArmMeasurement {
    /// What a judge says of the answers to each prompt.
    func scoresByPrompt(_ judge: String) -> [[Double]] {
        byPrompt { $0.scores[judge] }
    }

    /// Something about the answers to each prompt, where it is known.
    func byPrompt(_ value: (Answer) -> Double?) -> [[Double]] {
        var values = [[Double]](repeating: [], count: prompts.count)
        for answer in answers {
            if let value = value(answer) { values[answer.prompt].append(value) }
        }
        return values
    }

    /// Of all answers, by a judge.
    public func meanScore(_ judge: String) -> Double? { meanOfAnswers { $0.scores[judge] } }

    /// Of all answers, by the reward that was maximised.
    public var meanProxy: Double? { meanOfAnswers(\.proxy) }

    /// Means over all answers.
    func meanOfAnswers(_ value: (Answer) -> Double?) -> Double? { mean(of: answers.compactMap(value)) }

    /// How often the proxy and a judge put an answer and another model's answer to the same prompt in the same order, prompt
    /// by prompt; nil where neither is known there.
    func proxyAgreement(with other: ArmMeasurement, judge: String) -> [Double?] {
        let (own, rivals) = (
            Dictionary(grouping: answers, by: \.prompt), Dictionary(grouping: other.answers, by: \.prompt)
        )
        return prompts.indices.map { prompt in
            var shares: [Double] = []
            for answer in own[prompt] ?? [] {
                for rival in rivals[prompt] ?? [] {
                    guard let proxy = answer.proxy, let rivalProxy = rival.proxy,
                        let score = answer.scores[judge], let rivalScore = rival.scores[judge]
                    else { continue }
                    let outcomes = [
                        Outcome(score: proxy, against: rivalProxy),
                        Outcome(score: score, against: rivalScore),
                    ]
                    shares.append(outcomes.contains(.tie) ? 0.5 : outcomes[0] == outcomes[1] ? 1 : 0)
                }
            }
            return mean(of: shares)
        }
    }
}

extension LengthControlledWinRate {
    /// The rate of some trainings against others with an interval that leaves out a prompt or a training at a time. Answers
    /// are compared in the order in which they were drawn.
    static func sampled(
        _ arms: [ArmMeasurement], against others: [ArmMeasurement], judge: String
    ) -> SampledNumber? {
        var comparisons: [LengthComparison] = []
        var (prompts, own, rival): ([Int], [Int], [Int]) = ([], [], [])
        for (index, arm) in arms.enumerated() {
            for (otherIndex, other) in others.enumerated() {
                for (answer, against) in zip(arm.answers, other.answers) where answer.prompt == against.prompt
                {
                    guard let score = answer.scores[judge], let otherScore = against.scores[judge] else {
                        continue
                    }
                    comparisons.append(
                        LengthComparison(
                            difference: Double(answer.length - against.length),
                            preference: Outcome(score: score, against: otherScore).value))
                    prompts.append(answer.prompt)
                    own.append(index)
                    rival.append(otherIndex)
                }
            }
        }
        return Jackknife.sampled(comparisons, clusters: [prompts, own, rival]) { kept in
            Self(kept).flatMap { $0.isIdentified ? $0.rate : nil }
        }
    }
}
