import Foundation
import TestSupport
import Testing
import Torch

@testable import LanguageModels

/// The forward pass and its gradients against transformers' numbers.
@Suite struct ForwardTests {
    static let models = ["tiny-llama", "tiny-qwen2", "tiny-qwen3"]

    /// The real tokens of a padded golden batch, row by row.
    private func sequences(_ batch: GoldenValue) throws -> [[Int]] {
        try zip(batch["input_ids"].intRows, batch["attention_mask"].intRows).map { ids, mask in
            zip(ids, mask).filter { $0.1 == 1 }.map(\.0)
        }
    }

    @Test(arguments: models) func tokenLogProbabilitiesAndEntropies(model name: String) throws {
        let golden = try Fixtures.goldenValues("forward/\(name)/expected.json")
        let model = try LanguageModel.load(from: Fixtures.golden(name))
        for side in ["right_padded", "left_padded"] {
            let expected = try golden[side]
            let batch = PackedBatch(try sequences(expected))
            let scores = withoutGradients {
                model.tokenLikelihoods(of: batch, counts: Array(repeating: true, count: batch.tokens.count))
            }
            let found = scores.logProbabilities.doubles()
            expectClose(
                found, try expected["token_logprobs"].doubleRows.flatMap { $0 }, relative: 1e-4, "log p")
            expectClose(
                scores.summedPerSequence(scores.logProbabilities).doubles(),
                try expected["sequence_logprob"].doubles, relative: 1e-5, "sum of log p")
            let mean = -found.reduce(0, +) / Double(found.count)
            expectClose(mean, try expected["mean_nll"].double, relative: 1e-5, "mean negative log-likelihood")
            expectClose(exp(mean), try expected["perplexity"].double, relative: 1e-4, "perplexity")
            let entropies = try expected["entropy"].doubleRows.flatMap { $0.dropLast() }
            expectClose(scores.entropies.doubles(), entropies, relative: 1e-4, "entropy")
        }
    }

    @Test(arguments: models) func logitsAndHiddenStates(model name: String) throws {
        let expected = try Fixtures.goldenValues("forward/\(name)/expected.json")["right_padded"]
        let model = try LanguageModel.load(from: Fixtures.golden(name))
        let batch = PackedBatch(try sequences(expected))
        let states = withoutGradients { model.transformer.allHiddenStates(of: batch) }
        let found = states.map { state in
            zip(batch.starts, batch.lengths).map { start, length in
                state[start..<start + length].squared().sum().item().squareRoot()
            }
        }
        for (layer, norms) in try expected["hidden_l2"].doubleRows.enumerated() {
            expectClose(found[layer], norms, relative: 1e-4, "hidden states \(layer)")
        }
        let last = try #require(states.last)
        for sample in try expected["full_logits"].array {
            let row = try batch.starts[sample["row"].int] + sample["position"].int
            let logits = withoutGradients { model.logits(of: last[row..<row + 1]) }
            expectClose(
                logits.doubles(), try sample["logits"].doubles, relative: 1e-4, "logits of row \(row)")
        }
    }

    @Test(arguments: models) func gradients(model name: String) throws {
        let expected = try Fixtures.goldenValues("forward/\(name)/gradients.json")["float32"]
        let model = try LanguageModel.load(
            from: Fixtures.golden(name), options: LoadingOptions(trainability: .full))
        let batch = PackedBatch(try sequences(expected))
        let scores = model.tokenLikelihoods(
            of: batch, counts: Array(repeating: true, count: batch.tokens.count))
        let loss = -scores.logProbabilities.mean()
        loss.backward()
        expectClose(loss.item(), try expected["loss"].double, relative: 1e-5, "loss")
        var total = 0.0
        #expect(Set(model.weights.map(\.name)) == Set(try expected["grads"].keys))
        for weight in model.weights {
            let gradient = try #require(weight.tensor.gradient, "no gradient for \(weight.name)")
            let wanted = try expected["grads"][weight.name]
            let squares = gradient.squared().sum().item()
            total += squares
            let size = try wanted["l2"].double
            expectClose(squares.squareRoot(), size, relative: 1e-4, floor: 1e-6, "\(weight.name) norm")
            expectClose(
                gradient.sum().item(), try wanted["sum"].double, relative: 1e-4, floor: size, weight.name)
            let first = Array(gradient.reshaped([-1]).doubles().prefix(4))
            expectClose(
                first, try wanted["first4"].doubles, relative: 1e-4, floor: size * 0.1, "\(weight.name) start"
            )
        }
        expectClose(
            total.squareRoot(), try expected["total_grad_norm"].double, relative: 1e-5, "gradient norm")
    }

    @Test func rewardScoresReadTheLastToken() throws {
        let expected = try Fixtures.goldenValues("forward/tiny-reward/expected.json")
        let model = try RewardModel.load(from: Fixtures.golden("tiny-reward"))
        let rows = try sequences(expected["float32"])
        let wanted = try expected["float64_scores"].doubles
        let together = withoutGradients { model.scores(of: PackedBatch(rows)).doubles() }
        expectClose(together, wanted, relative: 1e-4, "scores")
        for (row, score) in zip(rows, wanted) {
            expectClose(
                withoutGradients { model.scores(of: PackedBatch([row])).item() }, score, relative: 1e-4,
                "alone")
        }
    }

    @Test(arguments: models) func bfloat16StaysNear(model name: String) throws {
        let batch = PackedBatch(
            try sequences(Fixtures.goldenValues("forward/\(name)/expected.json")["right_padded"]))
        let counts = Array(repeating: true, count: batch.tokens.count)
        let score = { (precision: Precision) in
            let model = try LanguageModel.load(
                from: Fixtures.golden(name), options: LoadingOptions(precision: precision))
            return withoutGradients { model.tokenLikelihoods(of: batch, counts: counts).logProbabilities }
        }
        let difference = try (score(.bf16) - score(.fp32)).squared().mean().item().squareRoot()
        #expect(difference > 1e-6 && difference < 0.05, "root mean square difference \(difference)")
    }
}
