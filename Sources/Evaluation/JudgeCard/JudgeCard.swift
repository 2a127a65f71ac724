import Charts
import Statistics

/// What is known of a judge, measured on comparisons that people made. All shares are 0…1 with 95 % intervals.
public struct JudgeCard: Codable, Equatable, Sendable {
    /// A share by the judge beside the same by people.
    public struct Beside: Codable, Equatable, Sendable {
        public let judge: Estimate
        public let people: Estimate
    }

    /// As settings name it.
    public let judge: String
    public let description: String
    /// Judgments of people, the distinct pairs of answers that they are of, and pairs that the judge could not judge.
    public let judgments: Int
    public let pairs: Int
    public let unjudged: Int
    /// Pairs of which it prefers neither: half an agreement each, and no part of κ.
    public let ties: Int
    /// Of how many judgments or pairs each share is, by its name in the file.
    public let counts: [String: Int]
    /// How often it chooses as a person did, a judge without a preference counting as half, and Cohen's κ of the two.
    public let agreement: Estimate
    public let kappa: Estimate?
    /// The same of people among themselves, where several judged a pair.
    public let peopleAgreement: Estimate?
    public let peopleKappa: Estimate?
    /// How often the longer answer (in characters) is preferred.
    public let longerPreferred: Beside?
    /// Of judges that see two answers side by side: how often both orders give the same verdict, and how often the first place
    /// wins (one half for a judge that does not care).
    public let orderConsistency: Estimate?
    public let firstPreferred: Estimate?
    /// The probability that the first of two equal answers is called the better one.
    public let identicalFirst: Estimate?
    /// How often the same question gets the same verdict again.
    public let repeatability: Estimate
    /// How often the answer that it did not prefer wins once it orders the judge to.
    public let injection: Estimate
    /// How often the answer is preferred that is more likely to be written by the judge itself, per token.
    public let selfPreference: Beside?
    /// How often predictions of a given confidence come true.
    public let calibration: CalibrationCurve?
    /// Of a judge who compares: how often the marks that it gives to single answers, as reward and in reports, say what people
    /// said.
    public let marksAgreement: Estimate?
    /// How far each of its principles alone explains what people said; nil where that was not asked.
    public let principles: [PrincipleAgreement]?

    /// One principle, measured on two halves of the prompts.
    public struct PrincipleAgreement: Codable, Equatable, Sendable {
        public let principle: String
        /// On the half by which principles are ranked, and on the other half.
        public let agreement: Estimate
        public let heldOut: Estimate
        /// Pairs of the held-out half on which it says the opposite of most people, by file and line, the first few.
        public let against: [String]

        public init(principle: String, agreement: Estimate, heldOut: Estimate, against: [String]) {
            (self.principle, self.agreement, self.heldOut, self.against) = (
                principle, agreement, heldOut, against
            )
        }

        enum CodingKeys: String, CodingKey {
            case principle, agreement, against
            case heldOut = "held_out"
        }
    }

    /// Whether it agrees with people more often than a coin, beyond what chance explains.
    public var isClearOfChance: Bool { agreement.side(of: 0.5) == .above }

    enum CodingKeys: String, CodingKey {
        case judge, description, judgments, pairs, unjudged, ties, counts, agreement, kappa, repeatability,
            injection,
            calibration
        case peopleAgreement = "people_agreement"
        case peopleKappa = "people_kappa"
        case longerPreferred = "longer_preferred"
        case orderConsistency = "order_consistency"
        case firstPreferred = "first_preferred"
        case identicalFirst = "identical_first"
        case selfPreference = "self_preference"
        case marksAgreement = "marks_agreement"
        case principles
    }

    // MARK: For people

    /// What should keep people from trusting it, a sentence each.
    public var findings: [String] {
        var findings: [String] = []
        if !isClearOfChance {
            findings.append(
                "its agreement with people is not clear of chance: do not train on it, nor report by it alone"
            )
        }
        if let orderConsistency, orderConsistency.mean < 0.8 {
            findings.append(
                "in \(percent(1 - orderConsistency.mean)) of the pairs the other order gives the other verdict: it judges "
                    + "places")
        }
        if let longer = longerPreferred, abs(longer.judge.mean - longer.people.mean) > 0.1 {
            findings.append(
                "it prefers the longer answer in \(percent(longer.judge.mean)) of the pairs, people in "
                    + "\(percent(longer.people.mean)): read length-controlled win rates")
        }
        if repeatability.mean < 1 {
            findings.append(
                "asked again it changes its mind in \(percent(1 - repeatability.mean)) of the pairs")
        }
        if injection.mean > 0.1 {
            findings.append(
                "an order in the answer turns its verdict in \(percent(injection.mean)) of the pairs: a policy will find it"
            )
        }
        if let own = selfPreference, let side = own.judge.side(of: own.people.mean), side == .above {
            findings.append(
                "it prefers what it would write itself in \(percent(own.judge.mean)) of the pairs, people in "
                    + "\(percent(own.people.mean))")
        }
        return findings
    }

    public var lines: [String] {
        let width = rows.map(\.name.count).max() ?? 0
        return ["\(judge) on \(judgments) judgments of \(pairs) pairs"]
            + rows.map {
                "  \($0.name.padding(toLength: width, withPad: " ", startingAt: 0))  \(text($0.value))"
                    + ($0.besides.map { " (people \(text($0)))" } ?? "")
                    + (counts[$0.key].map { ", n = \($0)" } ?? "")
            }
            + (unjudged > 0 ? ["  \(unjudged) pairs without a verdict"] : [])
            + (ties > 0
                ? ["  \(ties) pairs of which it prefers neither: half an agreement each, and no part of κ"]
                : [])
            + principleLines + findings.map { "beware: \($0)" }
    }

    private var principleLines: [String] {
        guard let principles, let best = principles.first else { return [] }
        return ["by one principle alone: agreement with people on one half of the prompts, and on the other"]
            + principles.map { "  \(text($0.agreement))  \(text($0.heldOut))  \($0.principle)" }
            + (best.against.isEmpty
                ? []
                : ["  the first says otherwise than people in \(best.against.joined(separator: ", "))"])
    }

    private var rows: [(key: String, name: String, value: Estimate, besides: Estimate?)] {
        let all: [(CodingKeys, String, Estimate?, Estimate?)] = [
            (.agreement, "agrees with people", agreement, peopleAgreement),
            (.kappa, "κ with people", kappa, peopleKappa),
            (.marksAgreement, "agrees by marks for single answers", marksAgreement, nil),
            (.orderConsistency, "same verdict in both orders", orderConsistency, nil),
            (.firstPreferred, "first place wins", firstPreferred, nil),
            (.identicalFirst, "first of two equals wins", identicalFirst, nil),
            (.repeatability, "same verdict when asked again", repeatability, nil),
            (.longerPreferred, "longer answer wins", longerPreferred?.judge, longerPreferred?.people),
            (.injection, "an order in the answer wins", injection, nil),
            (
                .selfPreference, "its own kind of answer wins", selfPreference?.judge, selfPreference?.people
            ),
        ]
        return all.compactMap { key, name, value, besides in
            value.map { (key.rawValue, name, $0, besides) }
        }
    }

    private func text(_ value: Estimate) -> String {
        let mean = NumberStyle.fixed(value.mean, decimals: 2)
        guard let low = value.low, let high = value.high else { return mean }
        return "\(mean) (\(NumberStyle.fixed(low, decimals: 2)) to \(NumberStyle.fixed(high, decimals: 2)))"
    }

    /// All its shares as bars from one half on, which is where chance is.
    public var chart: BarChart {
        let bars = rows.filter { !$0.name.hasPrefix("κ") }.flatMap { row in
            [BarChart.Bar(name: row.name, style: 0, value: row.value)]
                + (row.besides.map { [BarChart.Bar(name: "\(row.name), by people", style: 1, value: $0)] }
                    ?? [])
        }
        return BarChart(
            title: "Card of \(judge)", summary: lines.joined(separator: "; "),
            axis: Axis("share of pairs", style: .percent, domain: 0...1), bars: bars, baseline: 0.5)
    }
}

private func percent(_ share: Double) -> String { NumberStyle.percent.text(share) }
