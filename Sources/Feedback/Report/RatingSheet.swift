import RandomNumbers
import Statistics

/// The values that people gave to items, by one measure of one aspect.
struct RatingSheet {
    struct Entry {
        let annotator: Annotator.ID
        let groups: [String: String]
        /// One for each unit of the item.
        let values: [Int]
    }

    struct RatedItem {
        let item: Item.ID
        let entries: [Entry]
    }

    let aspect: String
    let measure: VerdictMeasure
    let items: [RatedItem]

    init(aspect: String, measure: VerdictMeasure, items: [(item: Item.ID, judgments: [Judgment])]) {
        self.aspect = aspect
        self.measure = measure
        self.items = items.map { item, judgments in
            RatedItem(
                item: item,
                entries: judgments.compactMap { judgment in
                    let values = judgment.opinion.verdicts[aspect]?.values(measure) ?? []
                    guard !values.isEmpty else { return nil }
                    return Entry(annotator: judgment.annotator, groups: judgment.groups, values: values)
                })
        }
    }

    /// The number of people, at least two, that judged most items; the greater of two that are as common.
    var commonNumberOfRaters: Int {
        var counts: [Int: Int] = [:]
        for item in items where item.entries.count > 1 { counts[item.entries.count, default: 0] += 1 }
        return counts.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? 0
    }

    func rated(_ isIncluded: (RatedItem) -> Bool) -> RatedItems {
        var units: [[Int]] = []
        var owners: [Int] = []
        for (place, item) in items.enumerated() where item.entries.count > 1 && isIncluded(item) {
            for unit in 0..<(item.entries.map(\.values.count).max() ?? 0) {
                units.append(
                    item.entries.compactMap { $0.values.indices.contains(unit) ? $0.values[unit] : nil })
                owners.append(place)
            }
        }
        return RatedItems(units, items: owners)
    }

    /// What every two keys said about the same units. A person has none, one or more keys, such as their number or
    /// their group; two people with the same key are compared as well.
    func pairs<Key: Hashable & Comparable>(_ keys: (Entry) -> [Key]) -> [UnorderedPair<Key>: SharedUnits] {
        var pairs: [UnorderedPair<Key>: SharedUnits] = [:]
        for (place, item) in items.enumerated() {
            for (index, entry) in item.entries.enumerated() {
                for other in item.entries[(index + 1)...] {
                    for key in keys(entry) {
                        for otherKey in keys(other) {
                            let isOrdered = key <= otherKey
                            pairs[UnorderedPair(key, otherKey), default: SharedUnits()].append(
                                isOrdered ? entry.values : other.values,
                                isOrdered ? other.values : entry.values, item: place,
                                isSymmetric: key == otherKey)
                        }
                    }
                }
            }
        }
        return pairs
    }
}

struct UnorderedPair<Key: Hashable & Comparable>: Hashable {
    let first: Key
    let second: Key

    init(_ one: Key, _ other: Key) {
        first = min(one, other)
        second = max(one, other)
    }
}

/// What two people, or two groups, said about the same units.
struct SharedUnits {
    private var pairs: [(first: Int, second: Int)] = []
    private var owners: [Int] = []
    private(set) var itemCount = 0

    /// - Parameter isSymmetric: whether there is no first and second, so that each pair counts both ways round.
    mutating func append(_ first: [Int], _ second: [Int], item: Int, isSymmetric: Bool) {
        if owners.last != item { itemCount += 1 }
        for (one, other) in zip(first, second) {
            pairs.append((one, other))
            owners.append(item)
            if isSymmetric {
                pairs.append((other, one))
                owners.append(item)
            }
        }
    }

    func estimates(
        _ weight: DisagreementWeight, using generator: inout SplitMix64
    ) -> (agreement: Estimate?, kappa: Estimate?) {
        PairedRatings(pairs, items: owners).estimates(weight, bootstrap: .live, using: &generator)
    }
}
