import RandomNumbers
import Statistics

/// How often something is so, with a 95 % Wilson interval.
public struct Share: Encodable, Hashable, Sendable {
    public var count: Int
    public var of: Int
    public var share: Estimate

    /// - Returns: nil for a share of nothing.
    init?(_ count: Int, of total: Int) {
        guard total > 0 else { return nil }
        self.count = count
        of = total
        share = Estimate(
            mean: Double(count) / Double(total), interval: wilsonInterval(Double(count), of: total))
    }
}

/// What the figures say about one person.
public struct PersonReport: Encodable, Hashable, Sendable {
    public var id: Annotator.ID
    public var name: String
    public var judgments: Int
    /// Judgments in an hour of looking.
    public var perHour: Double?
    /// The median time for an item, in seconds.
    public var seconds: Double?
    /// How often others who judged the same item said the same, by the first aspect.
    public var agreement: Double?
    /// With how many other judgments theirs could be compared.
    public var comparisons: Int
    /// How often the known answer was given to gold items.
    public var gold: Share?
    /// How often the same was said when an item came again.
    public var consistency: Share?
    /// How often the answer that was shown first was chosen.
    public var firstShown: Share?
}

/// How far people agree with themselves when an item comes again.
public struct SelfConsistency: Encodable, Hashable, Sendable {
    public var aspect: String
    public var measure: VerdictMeasure
    /// How many items came again.
    public var items: Int
    public var agreement: Estimate?
    public var kappa: Estimate?
}

extension StudyIndex {
    /// Those who did most come first.
    func people() -> [PersonReport] {
        let agreement = agreementWithOthers()
        let gold = goldByPerson
        let consistency = consistencyByPerson()
        return Dictionary(grouping: judgments, by: \.annotator).map { id, judgments in
            let time = StudyTime(judgments)
            let agreed = agreement[id] ?? (0, 0)
            return PersonReport(
                id: id, name: names[id] ?? "", judgments: judgments.count, perHour: time?.perHour,
                seconds: time?.median,
                agreement: agreed.of > 0 ? Double(agreed.count) / Double(agreed.of) : nil,
                comparisons: agreed.of, gold: gold[id].flatMap { Share($0.count, of: $0.of) },
                consistency: consistency[id].flatMap { Share($0.count, of: $0.of) },
                firstShown: PositionBias(judgments, aspect: leadingAspect)?.firstShown)
        }.sorted { ($1.judgments, $0.id) < ($0.judgments, $1.id) }
    }

    /// The aspect that figures with only one of them are about.
    var leadingAspect: String { project.definition.aspects.first?.name ?? "" }

    /// All answers to gold items against the known ones.
    var gold: Share? {
        let all = goldByPerson.values
        return Share(all.reduce(0) { $0 + $1.count }, of: all.reduce(0) { $0 + $1.of })
    }

    private typealias Tally = (count: Int, of: Int)

    private var goldByPerson: [Annotator.ID: Tally] {
        var tallies: [Annotator.ID: Tally] = [:]
        for judgment in judgments where judgment.kind == .gold && judgment.showing == 0 {
            guard let expected = items[judgment.item]?.expected else { continue }
            tallies[judgment.annotator, default: (0, 0)].of += 1
            if judgment.opinion.agrees(with: expected) {
                tallies[judgment.annotator, default: (0, 0)].count += 1
            }
        }
        return tallies
    }

    private func consistencyByPerson() -> [Annotator.ID: Tally] {
        var tallies: [Annotator.ID: Tally] = [:]
        for (first, again) in repeats {
            tallies[first.annotator, default: (0, 0)].of += 1
            if again.opinion.agrees(with: Opinion(verdicts: first.opinion.verdicts)) {
                tallies[first.annotator, default: (0, 0)].count += 1
            }
        }
        return tallies
    }

    func selfConsistency(using generator: inout SplitMix64) -> [SelfConsistency] {
        let repeats = repeats
        return VerdictMeasure.measures(of: project.definition).flatMap { measure in
            project.definition.aspects.map { aspect in
                var shared = SharedUnits()
                for (place, pair) in repeats.enumerated() {
                    let values = [pair.first, pair.again].map {
                        $0.opinion.verdicts[aspect.name]?.values(measure) ?? []
                    }
                    guard !values[0].isEmpty, !values[1].isEmpty else { continue }
                    shared.append(values[0], values[1], item: place, isSymmetric: false)
                }
                let found = shared.estimates(measure.weight, using: &generator)
                return SelfConsistency(
                    aspect: aspect.name, measure: measure, items: shared.itemCount,
                    agreement: found.agreement, kappa: found.kappa)
            }
        }
    }

    /// What people said about an item when it came first and when it came again.
    private var repeats: [(first: Judgment, again: Judgment)] {
        struct Key: Hashable {
            let item: Item.ID
            let annotator: Annotator.ID
        }
        let again = judgments.filter { $0.showing > 0 }
        let wanted = Set(again.map { Key(item: $0.item, annotator: $0.annotator) })
        var first: [Key: Judgment] = [:]
        for judgment in judgments where judgment.showing == 0 {
            let key = Key(item: judgment.item, annotator: judgment.annotator)
            if wanted.contains(key) { first[key] = judgment }
        }
        return again.compactMap { again in
            first[Key(item: again.item, annotator: again.annotator)].map { ($0, again) }
        }
    }

    private func agreementWithOthers() -> [Annotator.ID: Tally] {
        var tallies: [Annotator.ID: Tally] = [:]
        guard let sheet = leadingSheets(work).first else { return tallies }
        for item in sheet.items where item.entries.count > 1 {
            // How many said what, so that items that many people judged take no longer than their judgments.
            for unit in 0..<(item.entries.map(\.values.count).min() ?? 0) {
                var counts: [Int: Int] = [:]
                for entry in item.entries { counts[entry.values[unit], default: 0] += 1 }
                for entry in item.entries {
                    let others = tallies[entry.annotator] ?? (0, 0)
                    tallies[entry.annotator] = (
                        others.count + (counts[entry.values[unit]] ?? 1) - 1,
                        others.of + item.entries.count - 1
                    )
                }
            }
        }
        return tallies
    }
}
