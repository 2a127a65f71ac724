import Statistics

/// The order of items in which votes say most about the strengths of models.
///
/// Each time the item is next whose pair of models promises most (``VoteInformation/gain(_:_:)``), and its vote is taken for
/// granted before the one after it is chosen: a hundred items in this order spread over the pairs, where the hundred with
/// the greatest gain now would all be of one pair.
public enum InformationPlan {
    /// How many items are put in order; a plan is made anew long before they are used up.
    public static let horizon = 500

    /// - Parameters:
    ///   - items: with the models that wrote their answers; items of the same models keep their order.
    ///   - votes: between these models, so far.
    /// - Returns: for every item the information that it promises, in nats: what it is sorted by. 0 for those beyond the
    ///   horizon, and for those whose answers are all of one model.
    public static func priorities(
        of items: [(id: Item.ID, models: [Int])], votes: [ArmVote], models: Int
    ) -> [Item.ID: Double] {
        var priorities = Dictionary(items.map { ($0.id, 0.0) }) { first, _ in first }
        guard var information = VoteInformation(votes, arms: models) else { return priorities }
        var queues = Dictionary(grouping: items) { $0.models.sorted() }
            .map { (pairs: pairs(of: $0.key), items: $0.value[...]) }
            .filter { !$0.pairs.isEmpty }
            .sorted { ($0.items.first?.id ?? 0) < ($1.items.first?.id ?? 0) }
        for _ in 0..<min(horizon, items.count) {
            let gains = queues.map { queue in
                queue.items.isEmpty ? 0 : queue.pairs.reduce(0) { $0 + information.gain($1.first, $1.second) }
            }
            guard let best = gains.indices.max(by: { gains[$0] < gains[$1] }), gains[best] > 0,
                let item = queues[best].items.popFirst()
            else { break }
            priorities[item.id] = gains[best]
            for pair in queues[best].pairs { information.expectVote(pair.first, pair.second) }
        }
        return priorities
    }

    /// What an item's verdict compares, answers of one model left out.
    private static func pairs(of models: [Int]) -> [(first: Int, second: Int)] {
        models.indices.flatMap { first in
            models.indices.dropFirst(first + 1).compactMap { second in
                models[first] == models[second] ? nil : (models[first], models[second])
            }
        }
    }
}
