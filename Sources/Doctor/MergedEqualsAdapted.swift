/// A model with an adapter merged into its weights says what it says with the adapter beside them.
struct MergedEqualsAdapted: Invariant {
    /// Log-probabilities of some texts with the adapter beside the weights.
    let adapted: () throws -> [[Double]]
    /// Those of the same texts after merging, saving and loading.
    let merged: () throws -> [[Double]]
    let tolerance: Tolerance

    let name = "adapter merged = unmerged"
    let advice =
        "heed models merge would change the model; serve base and adapter apart, or use --precision fp32"

    func measure() throws -> Deviation {
        try Deviation(between: adapted(), and: merged(), limit: tolerance.logProbability)
    }
}
