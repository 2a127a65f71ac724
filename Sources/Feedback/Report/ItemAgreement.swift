import Statistics

/// How far people agree on one item.
public struct ItemAgreement: Encodable, Hashable, Sendable {
    public var item: Item.ID
    /// Who judged it, at least two.
    public var people: Int
    /// How often two of them say exactly the same, over all their pairs and all aspects, from 0 to 1.
    public var agreement: Double
}

extension StudyIndex {
    /// Every item that two people have judged, however it came to them; those on which they part most come first.
    func itemAgreements() -> [ItemAgreement] {
        var shares: [Item.ID: (people: Int, pairs: [Double])] = [:]
        for sheet in leadingSheets(work) {
            for item in sheet.items where item.entries.count > 1 {
                let former = shares[item.item] ?? (0, [])
                shares[item.item] = (
                    max(former.people, item.entries.count), former.pairs + Self.sharesOfPairs(item.entries)
                )
            }
        }
        return shares.map { id, found in
            ItemAgreement(item: id, people: found.people, agreement: Moments(found.pairs).mean)
        }.sorted { ($0.agreement, -$0.people, $0.item) < ($1.agreement, -$1.people, $1.item) }
    }

    /// For every two people the share of units of which they say the same.
    private static func sharesOfPairs(_ entries: [RatingSheet.Entry]) -> [Double] {
        entries.indices.flatMap { first in
            entries[(first + 1)...].map { other in
                let units = zip(entries[first].values, other.values)
                return Double(units.count { $0 == $1 }) / Double(max(1, entries[first].values.count))
            }
        }
    }
}
