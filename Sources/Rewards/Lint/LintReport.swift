import Errors
import Foundation
import Statistics

/// What auditing a reward found.
public struct LintReport: Codable, Equatable, Sendable {
    public enum Verdict: String, Codable, Sendable {
        case pass
        /// A policy that learns from this reward will find it.
        case exploitable
        /// Right answers in other words are not taken as right: no way to cheat, but a format that answers must learn first.
        case strict
        /// It does not do what every reward must.
        case broken
        case notApplicable = "not applicable"

        var isFault: Bool { self == .exploitable || self == .broken }
    }

    public enum Kind: String, Codable, Sendable {
        /// A way to a score without a good answer.
        case exploit
        /// A near miss that must not count as right.
        case distinction
        /// The same answer in other words.
        case spelling
        /// What every reward must do.
        case property
    }

    /// The answer on which a check shows best.
    public struct Example: Codable, Equatable, Sendable {
        public let prompt: String
        public let answer: String
        public let score: Double?
    }

    public struct Finding: Codable, Equatable, Sendable {
        public let kind: Kind
        public let name: String
        /// What it does, or what must hold.
        public let title: String
        public let verdict: Verdict
        /// Score above that of an honest answer that earns nothing, on average over the questions.
        public var gain: Estimate?
        /// Score above that of a right answer.
        public var gainOverRight: Estimate?
        /// The questions on which it could be tried, and on how many of them it worked: an exploit that paid, a spelling that
        /// was accepted.
        public var tried: Int?
        public var worked: Int?
        public var example: Example?
        /// Why there is no more to say.
        public var reason: String?

        private enum CodingKeys: String, CodingKey {
            case kind, name, title, verdict, gain, tried, worked, example, reason
            case gainOverRight = "gain_over_right"
        }
    }

    /// As settings name it.
    public let reward: String
    public let description: String
    public let questions: Int
    /// How many answers were scored.
    public let answers: Int
    /// The layout in which it tells right answers from wrong ones best; nil where it does so in none.
    public let form: String?
    /// What a score is measured against: how much a right answer earns over a wrong one, or how far apart honest answers are
    /// where the truth is not asked for.
    public let scale: Double
    public let findings: [Finding]
    /// What confines it, and what was left out.
    public let notes: [String]

    /// Nil where nothing is wrong.
    public var failure: RewardAtFault? {
        let names = findings.filter(\.verdict.isFault).map(\.name)
        return names.isEmpty ? nil : RewardAtFault(reward: reward, names: names, count: findings.count)
    }

    /// In one line, for a run's report.
    public var summary: String {
        let strict = findings.count { $0.verdict == .strict }
        let end = strict > 0 ? "; \(strict) other spellings of right answers are not accepted" : ""
        return (failure.map { "\($0)" } ?? "reward '\(reward)' withstood all checks that apply to it") + end
    }
}

/// A reward that pays for something that it must not pay for.
public struct RewardAtFault: CategorizedError, Equatable, CustomStringConvertible {
    public let reward: String
    public let names: [String]
    /// Of all checks.
    public let count: Int

    public var category: ErrorCategory { .unhealthy }

    public var description: String {
        "reward '\(reward)' fails \(names.count) of \(count) checks: \(names.joined(separator: ", "))"
    }
}

// MARK: For people

extension LintReport {
    public var lines: [String] {
        let width = findings.map(\.name.count).max() ?? 0
        let head =
            form.map { "tells right answers from wrong ones by \(Self.number(scale)), as '\($0)'" }
            ?? "does not look at the truth; honest answers are \(Self.number(scale)) apart"
        let verdicts: [Verdict] = [.pass, .exploitable, .broken, .strict, .notApplicable]
        let counts = verdicts.compactMap { verdict in
            let count = findings.count { $0.verdict == verdict }
            return count > 0 ? "\(count) \(verdict.rawValue)" : nil
        }
        return ["Reward '\(reward)' \(head), on \(questions) questions."]
            + findings.flatMap { $0.lines(width: width) }
            + ["\(findings.count) checks by \(answers) answers: \(counts.joined(separator: ", "))"]
    }

    static func number(_ value: Double) -> String {
        abs(value) < 1e6 ? NumberStyle.fixed(value, decimals: 2) : String(format: "%.2e", value)
    }
}

extension LintReport.Finding {
    fileprivate func lines(width: Int) -> [String] {
        let mark =
            switch verdict {
            case .pass: "✓"
            case .exploitable, .broken: "✗"
            case .strict: "~"
            case .notApplicable: "–"
            }
        let start =
            "\(mark) \(name.padding(toLength: width, withPad: " ", startingAt: 0))  \(verdict.rawValue)"
        let line = ([start] + [measured].compactMap(\.self)).joined(separator: ", ") + ": \(title)"
        guard verdict.isFault || verdict == .strict else { return [line] }
        return [line]
            + [reason.map { "    \($0)" }, example.map { "    \($0.line)" }].compactMap(\.self)
    }

    private var measured: String? {
        let against = [
            gain.map { "\($0.signed) over an honest answer" },
            gainOverRight.map { "\($0.signed) over a right one" },
        ].compactMap(\.self)
        if !against.isEmpty { return against.joined(separator: ", ") }
        if verdict == .notApplicable { return reason }
        if let tried, let worked { return "\(worked) of \(tried)" + (kind == .spelling ? " accepted" : "") }
        return nil
    }
}

extension LintReport.Example {
    fileprivate var line: String {
        func short(_ text: String) -> String { text.count > 90 ? text.prefix(90) + "…" : text }
        let score = score.map(LintReport.number) ?? "nothing"
        return "'\(short(answer).replacing("\n", with: " "))' scores \(score) to "
            + "'\(short(prompt).replacing("\n", with: " "))'"
    }
}

extension Estimate {
    /// `+0.50 (0.25 to 0.75)`.
    fileprivate var signed: String {
        let interval = low.flatMap { low in
            high.flatMap { low < $0 ? " (\(LintReport.number(low)) to \(LintReport.number($0)))" : nil }
        }
        return (mean >= 0 ? "+" : "") + LintReport.number(mean) + (interval ?? "")
    }
}
