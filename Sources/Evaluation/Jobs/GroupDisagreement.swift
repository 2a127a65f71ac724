import Datasets
import Foundation
import Statistics

/// Where the heads of groups choose differently.
public struct GroupDisagreement: Codable, Hashable, Sendable {
    /// Two groups and the share of comparisons on which their heads prefer different answers.
    public struct Pair: Codable, Hashable, Sendable {
        public var first: String
        public var second: String
        public var share: Estimate
    }

    /// A comparison on which groups are far apart.
    public struct Example: Codable, Hashable, Sendable {
        public var prompt: String
        public var answers: [String]
        /// By group, the probability that its people prefer the first answer.
        public var probabilities: [String: Double]
    }

    /// The pairs that disagree most come first.
    public var pairs: [Pair]
    /// The comparisons with the widest range of probabilities, the widest first.
    public var examples: [Example]

    private static let exampleCount = 5
}

extension GroupDisagreement {
    /// Nil where the model has no two groups or the rows have no two answers.
    ///
    /// - Parameter estimate: a mean over values of rows.
    init?(
        _ judged: ScoredJudgments, prompts: [Int],
        estimate: (_ values: [Double], _ rows: [Int]) -> Estimate?
    ) {
        guard let groups = judged.description.groups?.names, groups.count > 1 else { return nil }
        let compared = judged.judgments.indices.filter {
            judged.judgments[$0].sequences.count == 2 && judged.scores[$0] != nil
        }
        let preferences = compared.map { judged.preferences($0, groups: groups.count) }
        pairs = groups.indices.flatMap { first in
            groups.indices.dropFirst(first + 1).compactMap { second -> Pair? in
                let values = preferences.map { ($0[first] > 0) == ($0[second] > 0) ? 0.0 : 1 }
                return estimate(values, compared).map {
                    Pair(first: groups[first], second: groups[second], share: $0)
                }
            }
        }.sorted { $0.share.mean > $1.share.mean }
        guard !pairs.isEmpty else { return nil }
        let probabilities = preferences.map { $0.map { 1 / (1 + exp(-$0)) } }
        let widest = compared.indices.sorted { Self.range(probabilities[$0]) > Self.range(probabilities[$1]) }
        var seen: Set<Int> = []
        examples = widest.filter { seen.insert(prompts[compared[$0]]).inserted }.prefix(Self.exampleCount).map
        {
            let row = judged.row(of: compared[$0]).row
            let split: JudgmentRow
            if case .comparison(let comparison) = row, let parts = comparison.splittingPrompt() {
                split = .comparison(parts)
            } else {
                split = row
            }
            return Example(
                prompt: split.prompt?.shown ?? "", answers: split.responses.map(\.shown),
                probabilities: Dictionary(uniqueKeysWithValues: zip(groups, probabilities[$0])))
        }
    }

    private static func range(_ values: [Double]) -> Double { (values.max() ?? 0) - (values.min() ?? 0) }
}

extension ScoredJudgments {
    /// By how much each group's head scores the first of two answers higher than the second, on the aspect of the row.
    fileprivate func preferences(_ judgment: Int, groups: Int) -> [Double] {
        let aspect = judgments[judgment].context.aspect.flatMap(description.aspects.firstIndex) ?? 0
        guard let scores = scores[judgment] else { return [] }
        return (0..<groups).map { group in
            scores[0].means(ofView: group + 1)[aspect] - scores[1].means(ofView: group + 1)[aspect]
        }
    }
}
