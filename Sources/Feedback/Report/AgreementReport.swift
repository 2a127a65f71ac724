import RandomNumbers
import Statistics

/// How far people agree on one aspect, over all items that at least two of them judged.
public struct AspectAgreement: Encodable, Hashable, Sendable {
    public var aspect: String
    public var measure: VerdictMeasure
    public var scale: MeasurementScale
    /// How many items were judged by at least two people.
    public var items: Int
    /// How often two people say exactly the same.
    public var agreement: Estimate?
    public var alpha: Estimate?
    /// Fleiss' κ, over those items that the most common number of people judged.
    public var fleiss: Estimate?
    public var fleissItems: Int
    public var fleissRaters: Int
}

/// How far two people agree.
public struct PairAgreement: Encodable, Hashable, Sendable {
    public var aspect: String
    public var measure: VerdictMeasure
    public var first: String
    public var second: String
    /// How many items both judged.
    public var items: Int
    public var agreement: Estimate?
    public var kappa: Estimate?
}

/// How far people of one group agree with each other, or with those of another.
public struct GroupAgreement: Encodable, Hashable, Sendable {
    public var aspect: String
    public var measure: VerdictMeasure
    /// What people declare, such as `language`.
    public var attribute: String
    /// The same as `second` for agreement within a group.
    public var first: String
    public var second: String
    /// How many items people of both judged.
    public var items: Int
    public var agreement: Estimate?
    public var kappa: Estimate?
}

/// Pairs with fewer items in common say nothing, and pairs beyond the limit are too many to look at.
private enum PairLimit {
    static let fewestItems = 5
    static let pairs = 60
}

extension StudyIndex {
    func agreement(using generator: inout SplitMix64) -> [AspectAgreement] {
        sheets(random).map { sheet in
            let all = sheet.rated { _ in true }
            let found = all.estimates(
                of: [
                    { $0.agreement }, { $0.krippendorffAlpha(sheet.measure.scale) }, { $0.fleissKappa },
                ], bootstrap: .live, using: &generator)
            let raters = sheet.commonNumberOfRaters
            let equal = sheet.rated { $0.entries.count == raters }
            let fleiss =
                equal.itemCount == all.itemCount
                ? found[2]
                : equal.estimates(of: [{ $0.fleissKappa }], bootstrap: .live, using: &generator)[0]
            return AspectAgreement(
                aspect: sheet.aspect, measure: sheet.measure, scale: sheet.measure.scale,
                items: all.itemCount,
                agreement: found[0], alpha: found[1], fleiss: fleiss, fleissItems: equal.itemCount,
                fleissRaters: raters)
        }
    }

    /// The pairs with most items in common, the least agreeing first. People are compared on everything that both
    /// judged, however it came to them.
    func pairs(using generator: inout SplitMix64) -> [PairAgreement] {
        leadingSheets(work).flatMap { sheet in
            let shared = sheet.pairs { [$0.annotator] }
            return Self.largest(shared).map { key, pairs in
                let found = pairs.estimates(sheet.measure.weight, using: &generator)
                return PairAgreement(
                    aspect: sheet.aspect, measure: sheet.measure, first: names[key.first] ?? "",
                    second: names[key.second] ?? "", items: pairs.itemCount, agreement: found.agreement,
                    kappa: found.kappa)
            }.sorted {
                ($0.kappa?.mean ?? 1, $0.first, $0.second) < ($1.kappa?.mean ?? 1, $1.first, $1.second)
            }
        }
    }

    func groups(using generator: inout SplitMix64) -> [GroupAgreement] {
        leadingSheets(random).flatMap { sheet in
            project.definition.groups.map(\.name).flatMap { attribute in
                Self.largest(sheet.pairs { $0.groups[attribute].map { [$0] } ?? [] })
                    .sorted { ($0.key.first, $0.key.second) < ($1.key.first, $1.key.second) }
                    .map { key, pairs in
                        let found = pairs.estimates(sheet.measure.weight, using: &generator)
                        return GroupAgreement(
                            aspect: sheet.aspect, measure: sheet.measure, attribute: attribute,
                            first: key.first, second: key.second, items: pairs.itemCount,
                            agreement: found.agreement, kappa: found.kappa)
                    }
            }
        }
    }

    private static func largest<Key>(
        _ pairs: [UnorderedPair<Key>: SharedUnits]
    ) -> [(key: UnorderedPair<Key>, value: SharedUnits)] {
        let sorted = pairs.filter { $0.value.itemCount >= PairLimit.fewestItems }.sorted {
            ($1.value.itemCount, $0.key.first, $0.key.second)
                < ($0.value.itemCount, $1.key.first, $1.key.second)
        }
        return Array(sorted.prefix(PairLimit.pairs))
    }

    /// All that is measured, aspect by aspect.
    func sheets(_ items: [(item: Item.ID, judgments: [Judgment])]) -> [RatingSheet] {
        let measures = VerdictMeasure.measures(of: project.definition)
        return project.definition.aspects.flatMap { aspect in
            measures.map { RatingSheet(aspect: aspect.name, measure: $0, items: items) }
        }
    }

    /// What is measured first of every aspect.
    func leadingSheets(_ items: [(item: Item.ID, judgments: [Judgment])]) -> [RatingSheet] {
        guard let measure = VerdictMeasure.measures(of: project.definition).first else { return [] }
        return project.definition.aspects.map { RatingSheet(aspect: $0.name, measure: measure, items: items) }
    }
}
