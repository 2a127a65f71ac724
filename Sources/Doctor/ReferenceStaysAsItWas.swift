/// Training moves the policy and leaves the reference alone, bit by bit.
struct ReferenceStaysAsItWas: Invariant {
    /// Log-probabilities of some texts under the reference.
    let reference: () throws -> [[Double]]
    /// Trains the policy a few steps.
    let train: () throws -> Void

    let name = "reference untouched by training"
    let advice = "the KL would measure nothing; give the reference as a model of its own (--reference DIR)"

    func measure() throws -> Deviation {
        let before = try Array(reference().joined())
        try train()
        let after = try Array(reference().joined())
        let changed = zip(before, after).count { $0 != $1 } + abs(before.count - after.count)
        return Deviation(changed, of: before.count, "tokens changed their probability")
    }
}
