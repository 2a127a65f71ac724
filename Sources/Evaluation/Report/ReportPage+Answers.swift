import Charts
import Foundation
import Statistics

extension ReportPage {
    private static let openPrompts = 6
    private static let shownPrompts = 60

    /// The arms' answers to the same prompts beside each other, the judge's choice marked.
    var answersSection: HTML? {
        let rows = Array(comparedPrompts.prefix(Self.shownPrompts))
        guard !rows.isEmpty else { return nil }
        let open = rows.prefix(Self.openPrompts).map(card)
        let more = rows.dropFirst(Self.openPrompts)
        let folded =
            more.isEmpty
            ? []
            : [
                HTML.element(
                    "details", ["class": "more"],
                    [.element("summary", "\(more.count) more prompts")] + more.map(card))
            ]
        return section(
            "Answers side by side",
            [
                .element(
                    "p",
                    "The first prompts in the order of the file, not picked. The number is the annotator’s score."
                )
            ]
                + open + folded + [note([("Answers", report.notes.answers)])])
    }

    private typealias ComparedPrompt = (prompt: String, answers: [(arm: Report.Arm, sample: Report.Sample)])

    /// The prompts that every arm answered, in the order of the first arm.
    private var comparedPrompts: [ComparedPrompt] {
        guard let first = report.arms.first else { return [] }
        let answers = report.arms.map { arm in
            Dictionary(arm.samples.map { ($0.prompt, $0) }) { first, _ in first }
        }
        var seen: Set<String> = []
        return first.samples.map(\.prompt).filter { seen.insert($0).inserted }.compactMap { prompt in
            let samples = zip(report.arms, answers).compactMap { arm, answers in
                answers[prompt].map { (arm: arm, sample: $0) }
            }
            return samples.count == report.arms.count ? (prompt, samples) : nil
        }
    }

    private func card(_ row: ComparedPrompt) -> HTML {
        let scores = row.answers.compactMap(\.sample.score)
        let highest = scores.count == row.answers.count ? scores.max() : nil
        let isClear = scores.count { $0 == highest } == 1
        let answers = row.answers.map { arm, sample in
            answer(of: arm, sample, isPreferred: isClear && sample.score == highest)
        }
        return .element(
            "article",
            [
                .element("p", ["class": "prompt", "dir": "auto"], row.prompt),
                .element("div", ["class": "answers"], answers),
            ])
    }

    private func answer(of arm: Report.Arm, _ sample: Report.Sample, isPreferred: Bool) -> HTML {
        let words = sample.text.trimmingCharacters(in: .whitespacesAndNewlines)
        let text =
            words.isEmpty
            ? HTML.element("p", ["class": "absent"], "an empty answer")
            : HTML.element("p", ["class": "model-text", "dir": "auto"], words)
        let score = sample.score.map { NumberStyle.fixed($0, decimals: 2) } ?? "not scored"
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
                        .element("span", ["class": "badge"], isPreferred ? "★ preferred" : ""),
                        .element("span", ["class": "number"], score),
                    ]),
                text,
                sample.isFinished
                    ? .fragment([]) : .element("p", ["class": "hint"], "cut off by the token budget"),
            ])
    }
}
