import Foundation
import Statistics

extension StudyReport {
    /// Every part of the report that has something to say, in the order in which a reader needs them.
    public var tables: [StudyTable] {
        [
            progressTable, winRateTable, strengthTable, agreementTable, groupTable, pairTable,
            contestedTable, consistencyTable,
            timeTable, biasTable, peopleTable,
        ].compactMap(\.self).filter { !$0.rows.isEmpty }
    }

    private var progressTable: StudyTable {
        StudyTable(
            name: "progress", title: "Progress",
            explanation: "An item is finished when as many people have judged it as the project asks for.",
            columns: ["items", "finished", "begun", "judgments", "people", "a day"],
            rows: [
                [
                    progress.items, progress.complete, progress.begun, progress.judgments,
                    progress.annotators,
                ].map(String.init) + [progress.perDay.map(NumberStyle.plain.text) ?? "–"]
            ])
    }

    private var winRateTable: StudyTable {
        StudyTable(
            name: "win-rates", title: "Win rates",
            explanation: """
                How often the answers of the first model were preferred to those of the second; a tie counts half, and \
                50 % means that neither is preferred. Only items drawn at random count. The first interval is for one \
                look at the end. The second one may be looked at as often as you like and holds for all pairs at once: \
                stop when it leaves 50 % out, or when it is as narrow as the project asks for.
                """,
            columns: [
                "aspect", "model", "against", "wins", "ties", "losses", "win rate", "at any time", "advice",
            ],
            rows: winRates.flatMap { rates in
                rates.pairs.map { pair in
                    [
                        rates.aspect.named, rates.models[pair.first], rates.models[pair.second],
                        String(pair.rate.wins), String(pair.rate.ties), String(pair.rate.losses),
                        pair.rate.rate.text(.percent), pair.alwaysValid?.text(.percent) ?? "no finished item",
                        pair.advice.words,
                    ]
                }
            })
    }

    private var strengthTable: StudyTable {
        StudyTable(
            name: "strengths", title: "Strengths of the models",
            explanation: """
                Bradley–Terry strengths from all pairs together, in log-odds: a model that is 1 stronger is preferred \
                in 73 % of comparisons, 2 stronger in 88 %. Only differences mean something; they add up to zero.
                """,
            columns: ["aspect", "model", "strength"],
            rows: winRates.flatMap { rates in
                let order = (rates.strengths ?? []).indices.sorted {
                    (rates.strengths?[$0].mean ?? 0) > (rates.strengths?[$1].mean ?? 0)
                }
                return order.map {
                    [rates.aspect.named, rates.models[$0], (rates.strengths?[$0]).coefficient]
                }
            })
    }

    private var agreementTable: StudyTable {
        StudyTable(
            name: "agreement", title: "Agreement",
            explanation: """
                "The same" is how often two people say exactly the same. α and κ take away what chance would give: 1 is \
                perfect, 0 is a coin, below 0 people contradict each other. From 0.8 on conclusions are safe, from 0.67 \
                on tentative ones. Preferences between good answers often lie between 0.3 and 0.6: people differ in \
                taste, and more people per item help more than more items. At 0.4 or less read the items on which people \
                disagree, sharpen the guidelines, and add training items before you collect more.
                """,
            columns: ["aspect", "what", "items", "the same", "α", "Fleiss' κ"],
            rows: agreement.filter { $0.items > 0 }.map {
                [
                    $0.aspect.named, $0.measure.words, String($0.items), $0.agreement.text(.percent),
                    "\($0.alpha.coefficient) \($0.scale.rawValue)",
                    $0.fleiss.coefficient,
                ]
            })
    }

    private var groupTable: StudyTable {
        StudyTable(
            name: "groups", title: "Agreement within and between groups",
            explanation: """
                Where people of one group agree with each other but not with those of another, one reward model for \
                all would serve neither: train it with groups. Where they do not agree within their group either, the \
                question is unclear.
                """,
            columns: ["aspect", "group", "with", "items", "the same", "κ"],
            rows: groups.map {
                [
                    $0.aspect.named, "\($0.attribute) \($0.first)",
                    $0.first == $0.second ? "each other" : $0.second, String($0.items),
                    $0.agreement.text(.percent), $0.kappa.coefficient,
                ]
            })
    }

    private var pairTable: StudyTable {
        StudyTable(
            name: "pairs", title: "Agreement by pair of people",
            explanation: """
                Cohen's κ of the pairs with most items in common, those that agree least first. One name in all of the \
                first rows is a person to talk to; many names are guidelines to mend.
                """,
            columns: ["aspect", "person", "and", "items", "the same", "κ"],
            rows: pairs.map {
                [
                    $0.aspect.named, $0.first, $0.second, String($0.items), $0.agreement.text(.percent),
                    $0.kappa.coefficient,
                ]
            })
    }

    /// As many items as one reads in a sitting.
    private static let mostContested = 20

    private var contestedTable: StudyTable {
        StudyTable(
            name: "contested", title: "Items on which people part",
            explanation: """
                "The same" is how often two people say exactly the same of the item. Read these first: where both sides \
                are right the question is one of taste, where one is wrong the guidelines do not say enough. Make the \
                clear ones gold or practice.
                """,
            columns: ["item", "people", "the same"],
            rows: items.filter { $0.agreement < 1 }.prefix(Self.mostContested).map {
                [String($0.item), String($0.people), NumberStyle.percent.text($0.agreement)]
            })
    }

    private var consistencyTable: StudyTable {
        let repeats = selfConsistency.filter { $0.items > 0 }.map {
            [
                $0.aspect.named, "\($0.measure.words), shown again", String($0.items),
                $0.agreement.text(.percent), $0.kappa.coefficient,
            ]
        }
        let known = gold.map {
            [["", "gold items as expected", String($0.of), $0.share.text(.percent), "–"]]
        }
        return StudyTable(
            name: "consistency", title: "The same again, and gold",
            explanation: """
                Nobody can agree with others more than with themselves: what people say when an item comes again is \
                the ceiling of all agreement. Low consistency means tiredness or a hard question, low gold accuracy \
                that the guidelines are not understood.
                """,
            columns: ["aspect", "what", "items", "the same", "κ"], rows: repeats + (known ?? []))
    }

    private var timeTable: StudyTable? {
        time.map { time in
            StudyTable(
                name: "time", title: "Time for an item",
                explanation: """
                    Half of the items took less than the median, half of them between the quartiles. Looking longer \
                    than 10 minutes is being away and counts as 10 minutes.
                    """,
                columns: ["median", "quartiles", "an hour", "away"],
                rows: [
                    [
                        time.median.seconds, "\(time.lowerQuartile.seconds) to \(time.upperQuartile.seconds)",
                        time.perHour.map { NumberStyle.fixed($0, decimals: 0) } ?? "–", String(time.idle),
                    ]
                ])
        }
    }

    private var biasTable: StudyTable {
        let side = position.map {
            [
                [
                    "the one shown first", String($0.firstShown.of), $0.firstShown.share.text(.percent),
                    $0.verdict,
                ]
            ]
        }
        let long = length.map { length in
            [["the longer one", String(length.preferences), length.longer.text(.percent), ""]]
                + length.steps.map { step in
                    [
                        step.words, String(step.preferences), step.longer.text(.percent), "",
                    ]
                }
        }
        return StudyTable(
            name: "bias", title: "Habits",
            explanation: """
                Sides are shuffled, so a habit of choosing one adds noise but favours no model; a share far from 50 % \
                means that people do not read both. A liking for length does favour models that write more, and a \
                reward model learns it: compare it with a baseline of length alone.
                """,
            columns: ["chosen", "choices", "share", ""], rows: (side ?? []) + (long ?? []))
    }

    private var peopleTable: StudyTable {
        StudyTable(
            name: "people", title: "People",
            explanation: """
                Agreement with others on the same items, known answers found, the same said again, and how often the \
                answer shown first was chosen. A person far below the others in two of them needs a word, or training \
                items; excluding one is undone as easily.
                """,
            columns: [
                "person", "judgments", "an hour", "median", "as others", "gold", "the same again",
                "shown first",
            ],
            rows: people.map {
                [
                    $0.name, String($0.judgments),
                    $0.perHour.map { NumberStyle.fixed($0, decimals: 0) } ?? "–",
                    $0.seconds?.seconds ?? "–", $0.agreement.map(NumberStyle.percent.text) ?? "–",
                    $0.gold.text, $0.consistency.text, $0.firstShown.text,
                ]
            })
    }
}

extension VerdictMeasure {
    /// For readers.
    public var words: String {
        switch self {
        case .choice: "which is better"
        case .strength: "by how much"
        case .order: "order of two"
        case .mark: "mark"
        case .thumb: "good or not"
        }
    }
}

extension WinRateReport.Advice {
    public var words: String {
        switch self {
        case .goOn: "continue"
        case .decided: "stop: decided"
        case .precise: "stop: precise enough"
        }
    }
}

extension PositionBias {
    var verdict: String {
        probability < 0.05
            ? "a habit (p \(probability < 0.001 ? "< 0.001" : "= " + NumberStyle.fixed(probability, decimals: 3)))"
            : "no habit to be seen"
    }
}

extension LengthBias.Step {
    var words: String {
        let low = "\(NumberStyle.plain.text(fromRatio))"
        return toRatio.map { "  \(low) to \(NumberStyle.plain.text($0)) times as long" }
            ?? "  \(low) times as long or more"
    }
}

extension Estimate? {
    fileprivate func text(_ style: NumberStyle) -> String { map { $0.text(style) } ?? "–" }

    /// With two decimals: more of a coefficient of agreement mean nothing.
    fileprivate var coefficient: String {
        guard let estimate = self else { return "–" }
        let numbers = [estimate.mean, estimate.low, estimate.high].map { number in
            number.map { NumberStyle.fixed($0, decimals: 2) }
        }
        guard let mean = numbers[0], let low = numbers[1], let high = numbers[2] else {
            return numbers[0] ?? "–"
        }
        return "\(mean) (\(low) to \(high))"
    }
}

extension Share? {
    fileprivate var text: String {
        map { "\(NumberStyle.percent.text($0.share.mean)) of \($0.of)" } ?? "–"
    }
}

extension Double {
    fileprivate var seconds: String {
        "\(NumberStyle.fixed(self, decimals: self < 10 ? 1 : 0)) s"
    }
}

extension String {
    /// The name of an aspect, where it has one.
    fileprivate var named: String { isEmpty ? "–" : self }
}
