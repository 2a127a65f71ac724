import Datasets
import Foundation
import Statistics

/// How far the length of answers alone predicts judgments: the least that a reward model must beat.
///
/// The log-odds that the first of two answers is preferred are `slope · sign(n)·ln(1 + |n|)`, n being how many tokens longer
/// it is; those of a thumb up are `thumbIntercept + thumbSlope · ln(tokens)`. Fitted by maximum likelihood to the judgments
/// that the reward model learns from.
public struct LengthOnlyModel: Codable, Equatable, Sendable {
    /// 0 where there were no comparisons.
    public let slope: Double
    public let thumbSlope: Double
    public let thumbIntercept: Double

    enum CodingKeys: String, CodingKey {
        case slope
        case thumbSlope = "thumb_slope"
        case thumbIntercept = "thumb_intercept"
    }

    /// What is assumed where there are no judgments: the longer one is preferred.
    public static let longerIsBetter = LengthOnlyModel([
        TokenizedJudgment(sequences: [[0, 0], [0]], verdict: .preferred(margin: nil))
    ])

    public init(_ judgments: [TokenizedJudgment]) {
        let differences = judgments.flatMap { judgment -> [Double] in
            judgment.orderedPairs.map {
                Self.feature(judgment.sequences[$0].count - judgment.sequences[$1].count)
            }
        }
        slope = LogisticFit(features: differences, outcomes: differences.map { _ in true }).slope
        let thumbs = judgments.compactMap { judgment -> (length: Double, isGood: Bool)? in
            guard case .good(let isGood) = judgment.verdict else { return nil }
            return (log(Double(judgment.sequences[0].count)), isGood)
        }
        let fit = LogisticFit(
            features: thumbs.map(\.length), outcomes: thumbs.map(\.isGood), hasIntercept: true)
        (thumbSlope, thumbIntercept) = (fit.slope, fit.intercept)
    }

    /// The log-odds of an answer against another one that is `tokens` shorter.
    public func logOdds(tokensLonger tokens: Int) -> Double { slope * Self.feature(tokens) }

    /// The log-odds of a thumb up for a sequence of this many tokens.
    public func thumbLogOdds(tokens: Int) -> Double { thumbIntercept + thumbSlope * log(Double(tokens)) }

    private static func feature(_ tokens: Int) -> Double {
        let size = log1p(Double(abs(tokens)))
        return tokens < 0 ? -size : size
    }
}

extension TokenizedJudgment {
    /// Positions of all pairs whose first is judged better than the second.
    public var orderedPairs: [(Int, Int)] {
        let tiers = verdict.tiers ?? []
        return tiers.indices.flatMap { tier in
            tiers[tier].flatMap { better in
                tiers[(tier + 1)...].joined().map { (better, $0) }
            }
        }
    }
}
