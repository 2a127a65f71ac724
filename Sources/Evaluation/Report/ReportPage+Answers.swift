import Charts
import Foundation
import Statistics

extension ReportPage {
    private static let openPrompts = 6
    private static let shownPrompts = 60
    /// With fewer words in common, marks would be noise.
    private static let leastKeptShare = 0.15

    /// The arms' answers to the same prompts beside each other, with what became of each against the reference.
    var answersSection: HTML? {
        let rows = Array(comparedPrompts.prefix(Self.shownPrompts))
        guard !rows.isEmpty else { return nil }
        let opening = Self.opening(of: rows.map(\.prompt))
        let cards = rows.map { card($0, without: opening) }
        let more = cards.dropFirst(Self.openPrompts)
        let folded =
            more.isEmpty
            ? []
            : [
                HTML.element(
                    "details", ["class": "more"],
                    [.element("summary", "\(more.count) more prompts")] + more)
            ]
        let explanation =
            "The first prompts in the order of the file, not picked. The number is the annotator’s score; ★ marks what was "
            + "preferred to \(report.reference)’s answer."
        return section(
            "Answers side by side",
            [.element("p", explanation)] + Self.said(once: opening) + cards.prefix(Self.openPrompts) + folded
                + [note([("Answers", report.notes.answers)])])
    }

    private typealias ComparedPrompt = (prompt: String, answers: [(arm: Report.Arm, sample: Report.Sample)])

    /// The prompts that every arm answered, in the order of the first arm; arms are in the order in which they were made.
    private var comparedPrompts: [ComparedPrompt] {
        guard let first = report.arms.first else { return [] }
        let arms = report.armsInOrderOfMaking
        let answers = arms.map { arm in
            Dictionary(arm.samples.map { ($0.prompt, $0) }) { first, _ in first }
        }
        var seen: Set<String> = []
        return first.samples.map(\.prompt).filter { seen.insert($0).inserted }.compactMap { prompt in
            let samples = zip(arms, answers).compactMap { arm, answers in
                answers[prompt].map { (arm: arm, sample: $0) }
            }
            return samples.count == arms.count ? (prompt, samples) : nil
        }
    }

    /// The turns that all prompts begin with, such as one system message, up to what the user says; "" without any.
    private static func opening(of prompts: [String]) -> String {
        guard prompts.count > 1, prompts[0].hasPrefix("system: "),
            let end = prompts[0].firstRange(of: "\n\nuser: ")
        else { return "" }
        let opening = String(prompts[0][..<end.upperBound])
        return prompts.allSatisfy { $0.utf8.starts(with: opening.utf8) } ? opening : ""
    }

    private static func said(once opening: String) -> [HTML] {
        guard !opening.isEmpty else { return [] }
        let system = opening.dropFirst("system: ".count).dropLast("\n\nuser: ".count)
        return [.element("p", ["class": "hint"], "Before each prompt the system says: “\(system)”")]
    }

    /// - Parameter opening: what the prompt begins with and is not shown again.
    private func card(_ row: ComparedPrompt, without opening: String) -> HTML {
        let prompt = String(decoding: row.prompt.utf8.dropFirst(opening.utf8.count), as: UTF8.self)
        let answers = row.answers.map { arm, sample in
            answer(
                of: arm, sample,
                before: report.before(arm).flatMap { name in row.answers.first { $0.arm.name == name } })
        }
        return .element(
            "article",
            [
                .element("p", ["class": "prompt", "dir": "auto"], prompt),
                .element("div", ["class": "answers"], answers),
            ])
    }

    private typealias Answer = (arm: Report.Arm, sample: Report.Sample)

    /// - Parameter before: the answer to the same prompt that this one is held against; nil without one.
    private func answer(of arm: Report.Arm, _ sample: Report.Sample, before: Answer?) -> HTML {
        let words = sample.text.trimmingCharacters(in: .whitespacesAndNewlines)
        let text =
            words.isEmpty
            ? HTML.element("p", ["class": "absent"], "an empty answer")
            : HTML.element("p", ["class": "model-text", "dir": "auto"], words)
        let score =
            sample.score.map { NumberStyle.fixed($0, decimals: 2) }
            ?? (report.people == nil ? "not scored" : "")
        let isPreferred = sample.outcome == .win
        return .element(
            "div",
            [
                "class":
                    "answer \(SeriesStyle.colour(report.style(of: arm)))\(isPreferred ? " preferred" : "")"
            ],
            [
                .element(
                    "p", ["class": "answer-head"],
                    [
                        .element("span", ["class": "swatch"], ""), .element("strong", arm.name),
                        .element("span", ["class": "badge"], badge(sample.outcome)),
                        .element("span", ["class": "number"], score),
                    ]),
                text,
                sample.isFinished
                    ? .fragment([]) : .element("p", ["class": "hint"], "cut off by the token budget"),
                before.map { differences(from: $0, to: sample.text) } ?? .fragment([]),
            ])
    }

    private func badge(_ outcome: Outcome?) -> String {
        switch outcome {
        case .win: "★ preferred to \(report.reference)"
        case .tie: "as good as \(report.reference)"
        case .loss, nil: ""
        }
    }

    // MARK: Before and after

    /// The answer before with what went and what came marked: by line and weight, and in words for screen readers.
    private func differences(from before: Answer, to after: String) -> HTML {
        let difference = WordDifference(from: before.sample.text, to: after)
        guard difference.keptShare < 1 else {
            return .element("p", ["class": "hint"], "the same words as \(before.arm.name)")
        }
        let kept = NumberStyle.percent.text(difference.keptShare)
        guard difference.keptShare >= Self.leastKeptShare else {
            return .element(
                "p", ["class": "hint"], "hardly a word in common with \(before.arm.name) (\(kept))")
        }
        return .element(
            "details", ["class": "changes"],
            [
                .element("summary", "Changed from \(before.arm.name): \(kept) of the words stay"),
                .element("p", ["class": "model-text", "dir": "auto"], difference.runs.map(marked)),
            ])
    }

    private func marked(_ run: WordDifference.Run) -> HTML {
        let words = run.text.trimmingCharacters(in: .whitespacesAndNewlines)
        let after = String(run.text.dropFirst(words.count))
        switch run.change {
        case .kept: return .text(run.text)
        case .removed: return .fragment([mark("del", "removed: ", words), .text(after)])
        case .added: return .fragment([mark("ins", "added: ", words), .text(after)])
        }
    }

    private func mark(_ name: StaticString, _ spoken: String, _ words: String) -> HTML {
        .inline(name, [:], [.inline("span", ["class": "spoken"], [.text(spoken)]), .text(words)])
    }
}
