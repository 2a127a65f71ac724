extension CoincidenceMatrix {
    /// Fleiss' κ (*Measuring Nominal Scale Agreement among Many Raters*, 1971): agreement beyond what raters would
    /// reach who gave every category as often, but without looking at the units.
    ///
    /// `(P̄ − P̄ₑ) / (1 − P̄ₑ)`, where `P̄` is ``agreement`` and `P̄ₑ = Σ p²` over the shares `p` of the categories.
    ///
    /// - Returns: `nil` where units differ in their number of ratings, where there are none, or where only one category
    ///   was ever used, so that chance alone explains all of it.
    public var fleissKappa: Double? {
        guard ratingsPerUnit != nil, let agreement else { return nil }
        let total = valueCount
        let expected = marginals.reduce(0) { $0 + ($1 / total) * ($1 / total) }
        return values.count > 1 && expected < 1 ? (agreement - expected) / (1 - expected) : nil
    }
}
