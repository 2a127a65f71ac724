extension ItemVerdict {
    /// The rank of each of `count` answers, 1 for the best and equal ranks for ties; nil for fewer than two, or where the
    /// verdict is on another number.
    public func ranks(of count: Int) -> [Int]? {
        guard count > 1 else { return nil }
        let ranks: [Int]
        switch self {
        case .better(let best, _): ranks = (0..<count).map { $0 == best ? 1 : 2 }
        case .tie, .bothBad: ranks = Array(repeating: 1, count: count)
        case .ranking(let given): ranks = given
        case .marks(let marks): ranks = marks.map { mark in 1 + marks.count { $0 > mark } }
        case .thumbs(let thumbs): ranks = thumbs.map { $0 || !thumbs.contains(true) ? 1 : 2 }
        }
        return ranks.count == count ? ranks : nil
    }
}
