import Datasets
import Foundation
import LanguageModels
import TestSupport
import Testing
import Torch

@testable import Methods

/// However rows are laid out, a step learns the same from them.
@Suite struct FineTuningPropertyTests {
    /// Documents of very different lengths, of which different parts count.
    private let documents = [3, 17, 5, 30, 9, 2, 12, 22].enumerated().map { index, length in
        TokenizedSequence(
            tokens: (0..<length).map { (index * 31 + $0 * 7) % 500 + 3 },
            labels: (0..<length).map { $0 >= length / 2 || index == 3 })
    }

    /// Loss and gradients of one step over micro-batches.
    private func step(
        _ window: [[PackedSequence]], loss kind: SFT.Configuration.Loss
    ) throws -> (loss: Double, gradients: [[Double]]) {
        let model = try LanguageModel.load(
            from: Fixtures.golden("tiny-llama"), options: LoadingOptions(trainability: .full))
        let objective = SFT.Objective(model: model, loss: kind)
        var loss = 0.0
        for batch in window {
            let measurement = objective.measure(batch, in: window)
            measurement.loss.backward()
            loss += measurement.loss.item()
        }
        return (loss, model.trainableParameters.map { $0.tensor.gradient?.doubles() ?? [] })
    }

    @Test(arguments: SFT.Configuration.Loss.allCases) func layoutChangesNothing(
        _ kind: SFT.Configuration.Loss
    ) throws {
        let rows = Packing.separate(documents)
        let whole = try step([rows], loss: kind)
        let layouts = [
            "one row at a time": rows.map { [$0] },
            "uneven micro-batches": [Array(rows[..<1]), Array(rows[1..<6]), Array(rows[6...])],
            "another order": [rows.reversed()],
            "packed": [Packing.bestFitDecreasing(documents, length: 40)],
            "packed, one row at a time": Packing.bestFitDecreasing(documents, length: 32).map { [$0] },
        ]
        for (name, window) in layouts {
            let found = try step(window, loss: kind)
            expectClose(found.loss, whole.loss, relative: 1e-6, name)
            for (gradient, expected) in zip(found.gradients, whole.gradients) {
                expectClose(gradient, expected, relative: 1e-5, floor: 0.1, name)
            }
        }
        // The mean of the rows' own means is another number, by far more than what is asked above: the test can tell.
        let means = try rows.map { try step([[$0]], loss: kind).loss }
        #expect(!isClose(means.reduce(0, +) / Double(means.count), whole.loss, relative: 1e-4))
    }
}
