import Foundation
import LanguageModels
import TestSupport
import Testing
import Torch
import TorchNN
import Training

@testable import Methods

/// Reverse KL by sampled tokens against the numbers of fixed answers.
@Suite struct SampledReverseKLTests {
    private struct Fixture {
        let golden: GoldenValue
        let batch: ResponseBatch
        let student: LanguageModel
        let teacher: Tensor

        init() throws {
            golden = try Fixtures.goldenValues("distill/on_policy_reverse_kl.json")
            batch = ResponseBatch(
                try golden["sequences"].array.map {
                    (prompt: try $0["prompt_ids"].ints, response: try $0["completion_ids"].ints)
                })
            student = try LanguageModel.load(
                from: Fixtures.golden("tiny-llama"), options: LoadingOptions(trainability: .full))
            let model = try LanguageModel.load(
                from: Fixtures.golden("tiny-llama-ref"), options: LoadingOptions(trainability: .frozen))
            teacher = withoutGradients { [batch] in
                model.tokenLikelihoods(of: batch.packed, counts: batch.counts).logProbabilities
            }
        }

        var likelihoods: Tensor {
            student.tokenLikelihoods(of: batch.packed, counts: batch.counts).logProbabilities
        }

        /// The loss, and the norm of its gradient, which is taken back.
        func measured(_ loss: Tensor) -> (loss: Double, norm: Double) {
            loss.backward()
            let gradients = student.trainableParameters.compactMap(\.tensor.gradient)
            defer { student.trainableParameters.forEach { $0.tensor.clearGradient() } }
            return (loss.item(), Tensor.globalNorm(gradients))
        }
    }

    private func expect(
        _ found: (loss: Double, norm: Double), _ golden: GoldenValue,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        expectClose(
            found.loss, try golden["loss"].double, relative: 2e-6, golden.path, sourceLocation: sourceLocation
        )
        expectClose(
            found.norm, try golden["total_grad_norm"].double, relative: 1e-5, golden.path,
            sourceLocation: sourceLocation)
    }

    @Test func ofTheStudentItself() throws {
        let fixture = try Fixture()
        let likelihoods = fixture.likelihoods
        #expect(try fixture.golden["tokens"].int == likelihoods.count)
        let losses = SampledReverseKL.losses(
            student: likelihoods, old: nil, teacher: fixture.teacher, clip: nil)
        let wanted = try fixture.golden["on_policy"]["token_mean"]
        try expect(fixture.measured(losses.mean()), wanted)
        // The wrong gradient of the same value: the test can tell.
        let wrong = fixture.measured((fixture.likelihoods - fixture.teacher).mean())
        try expect(wrong, fixture.golden["through_the_sampled_log_ratio_itself"])
        #expect(abs(wrong.norm - (try wanted["total_grad_norm"].double)) > 0.1)
    }

    @Test(arguments: [(nil, "importance_sampling"), (0.2, "clipped_0.2"), (0.05, "clipped_0.05")])
    func ofAnEarlierStudent(clip: Double?, name: String) throws {
        let fixture = try Fixture()
        let given = try fixture.golden["given_old_logprobs"]
        let old = Tensor(try given["old_logprobs"].array.flatMap { try $0.doubles.map(Float.init) })
        let losses = SampledReverseKL.losses(
            student: fixture.likelihoods, old: old, teacher: fixture.teacher, clip: clip)
        try expect(fixture.measured(losses.mean()), given[name])
    }
}
