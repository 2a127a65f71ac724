import Errors
import Foundation
import LanguageModels
import Methods
import Models
import RunTestSupport
import TestSupport
import Testing
import Training

@testable import Verbs

/// A model with one weight that is no finite number gives no results: every verb names it and the row.
@Suite struct NotFiniteTests {
    private let jobs: TinyRuns

    init() throws {
        jobs = try TinyRuns()
        let rows = (1...3).map { #"{"prompt": "Question \#($0)?", "completion": " Answer \#($0)."}"# }
        try jobs.folder.write(rows.joined(separator: "\n"), to: "rows.jsonl")
    }

    private func error(_ body: () throws -> Void) throws -> ModelNotFinite {
        let error = try #require(throws: ModelNotFinite.self, performing: body)
        #expect(error.category == .badData)
        return error
    }

    @Test(arguments: [Float.nan, .infinity], ["tiny-llama", "tiny-reward"])
    func scoring(value: Float, name: String) throws {
        let model = try jobs.damagedModel(name, value: value)
        var configuration = ScoreConfiguration()
        configuration.model = model
        configuration.data = [jobs.folder.path("rows.jsonl")]
        configuration.batchSize = 2
        let error = try error { _ = try Scoring.run(configuration, context: jobs.context("scores.jsonl")) }
        #expect(error.description.contains("rows.jsonl:1: expected finite numbers of the model \(model)"))
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity], [false, true])
    func sampling(value: Float, isGreedy: Bool) throws {
        let model = try jobs.damagedModel(value: value)
        var configuration = SampleConfiguration()
        configuration.model = model
        configuration.prompts = [jobs.folder.path("rows.jsonl")]
        configuration.sampler.maximumNewTokens = 4
        configuration.sampler.answersPerPrompt = 2
        // A filter drops what is no number along with what is improbable.
        configuration.sampler.topK = isGreedy ? 0 : 5
        configuration.sampler.isGreedy = isGreedy
        let error = try error { _ = try Sampling.run(configuration, context: jobs.context("samples.jsonl")) }
        #expect(error.description.contains("rows.jsonl:1: expected finite numbers of the model \(model)"))
        #expect(!jobs.folder.holds("samples.jsonl"))
    }

    /// Decoding by tensors, as on a GPU.
    @Test func samplingByTensors() throws {
        let model = try LanguageModel.load(from: URL(fileURLWithPath: jobs.damagedModel()))
        for sampling in [SamplingParameters.greedy, SamplingParameters(topK: 5)] {
            let options = GenerationOptions(
                sampling: sampling, maximumNewTokens: 4, stopTokens: [2], seed: 0)
            let batch = try model.startGenerating(
                [GenerationRequest(prompt: [5, 6], id: 0)], options: options)
            _ = try error { _ = try batch.advance { _, _ in true } }
        }
    }

    @Test func training() throws {
        var configuration = jobs.training("sft/prompt_completion.jsonl", steps: 2)
        configuration.model = try jobs.damagedModel()
        #expect(
            jobs.message { try SFT.run(configuration, context: jobs.context("sft")) }?.contains("the loss is")
                == true)
    }
}
