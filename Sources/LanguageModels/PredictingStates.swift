import Torch

extension Transformer {
    /// The hidden states from which tokens are predicted, those of the rows before them, [C, H].
    /// - Parameter targets: rows of tokens that have one before them.
    func states(before targets: [Int], of batch: PackedBatch) -> Tensor {
        guard mustTakeApart(batch) else {
            let predictors = batch.predictors
            let rows = targets.map { target -> Int in
                guard let row = predictors[target] else {
                    preconditionFailure("row \(target) has none before it")
                }
                return row
            }
            return hiddenStates(of: batch).selecting(Tensor(rows, on: device))
        }
        let (whole, rows) = batch.takenApart
        return hiddenStates(of: whole).selecting(Tensor(targets.map { rows[$0] - 1 }, on: device))
    }

    /// The hidden state of each whole sequence's last token, [B, H].
    func lastStates(of batch: PackedBatch) -> Tensor {
        guard mustTakeApart(batch) else {
            return hiddenStates(of: batch).selecting(Tensor(batch.lastRows, on: device))
        }
        let (whole, rows) = batch.takenApart
        return hiddenStates(of: whole).selecting(Tensor(batch.lastRows.map { rows[$0] }, on: device))
    }

    /// Whether what the sequences share reads differently in each of them.
    private func mustTakeApart(_ batch: PackedBatch) -> Bool {
        configuration.dependsOnLength && batch.prefixes.contains { $0 != nil }
    }
}
