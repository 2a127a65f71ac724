import JSON

/// The order that somebody made with Label Studio's Ranker, which keeps answers in buckets:
/// `{"_": ["c"], "rank_1": ["a", "b"], "rank_2": []}`. What is in `_` has not been sorted, and so says nothing.
///
/// Buckets say their rank by a number (`rank_1`, `2`), or the only one, `rank`, is a list with the best first. Other names
/// mean what their study meant by them: the user gives their order.
struct BucketRanks {
    /// The rank of each answer that was sorted, by its position; the best has the lowest.
    let positions: [Int: Int]

    /// Where answers lie that nobody has sorted yet.
    static let unsorted = "_"
    private static let list = "rank"
    /// What numbers count up to that is better the more of it there is.
    private static let merits = ["score", "star", "rating", "mark", "point", "grade", "quality", "good"]

    /// Buckets that do not say what they mean.
    struct Problem: Error {
        let expected: String
        let names: [String]
    }

    /// - Parameters:
    ///   - responses: the positions of answers by their ids.
    ///   - order: names of buckets, the best first; empty: they say it themselves.
    /// - Returns: nil where a bucket is no list of answers, or has one twice.
    init?(_ buckets: JSONObject, of responses: [String: Int], order: [String]) throws {
        let sorted = buckets.filter { $0.key != Self.unsorted }.map { (name: $0.key, ids: $0.value) }
        let ranks = try Self.ranks(of: sorted.map(\.name), order)
        var positions: [Int: Int] = [:]
        for bucket in sorted {
            for (place, id) in (bucket.ids.array ?? []).enumerated() {
                guard let position = id.string.flatMap({ responses[$0] }), positions[position] == nil else {
                    return nil
                }
                positions[position] = ranks[bucket.name] ?? place + 1
            }
        }
        self.positions = positions
    }

    /// The rank of each bucket; none for a list.
    private static func ranks(of names: [String], _ order: [String]) throws -> [String: Int] {
        guard order.isEmpty else {
            let places = Dictionary(order.enumerated().map { ($1, $0 + 1) }) { first, _ in first }
            let others = names.filter { places[$0] == nil }
            guard others.isEmpty else {
                throw Problem(expected: "buckets that --bucket-order names", names: others)
            }
            return places
        }
        if names.isEmpty || names == [list] { return [:] }
        let numbered = names.map(Numbered.init)
        let stem = numbered[0].stem
        let numbers = numbered.compactMap(\.number)
        guard numbered.allSatisfy({ $0.stem == stem }), Set(numbers).count == names.count,
            !merits.contains(where: stem.lowercased().contains)
        else { throw Problem(expected: "buckets that say their rank (rank_1, rank_2, …)", names: names) }
        return Dictionary(uniqueKeysWithValues: zip(names, numbers))
    }

    /// A name, as a stem with a number at its end.
    private struct Numbered {
        let stem: String
        let number: Int?

        init(_ name: String) {
            let digits = String(name.reversed().prefix { $0.isASCII && $0.isNumber }.reversed())
            stem = String(name.dropLast(digits.count))
            number = Int(digits)
        }
    }
}
