import Foundation
import TestSupport
import Testing
import Torch

@testable import LanguageModels

@Suite struct GenerationTests {
    private func requests(_ prompts: [[Int]]) -> [GenerationRequest] {
        prompts.enumerated().map { GenerationRequest(prompt: $0.element, id: UInt64($0.offset)) }
    }

    @Test(arguments: ForwardTests.models, [1, 2, 5]) func greedyContinuations(model name: String, slots: Int)
        throws
    {
        let golden = try Fixtures.goldenValues("forward/\(name)/greedy.json")
        let model = try LanguageModel.load(from: Fixtures.golden(name))
        let cases = try golden["single"].array
        let options = GenerationOptions(
            sampling: .greedy, maximumNewTokens: 32, stopTokens: [2], seed: 0, slots: slots)
        let answers = try model.generate(requests(cases.map { try $0["prompt_ids"].ints }), options: options)
        for (answer, expected) in zip(answers, cases) {
            #expect(answer.tokens == (try expected["new_ids"].ints))
            #expect((answer.finish == .stop) == (try expected["stopped_at_eos"].bool))
            expectClose(
                answer.logProbabilities.map(Double.init), try expected["chosen_logprobs"].doubles,
                relative: 1e-4)
        }
    }

    /// Log-probabilities recorded while sampling are those that scoring gives.
    @Test(arguments: ForwardTests.models) func sampledEqualsScored(model name: String) throws {
        let model = try LanguageModel.load(from: Fixtures.golden(name))
        let prompts = [[5, 6, 7], [8], [5, 6, 7], [9, 10, 11, 12, 13]]
        let options = GenerationOptions(
            sampling: SamplingParameters(temperature: 0.7), maximumNewTokens: 20, stopTokens: [2], seed: 3,
            slots: 2)
        let answers = try model.generate(requests(prompts), options: options)
        let batch = PackedBatch(zip(prompts, answers).map { $0 + $1.tokens })
        let counts = zip(prompts, answers).flatMap { prompt, answer in
            prompt.map { _ in false } + answer.tokens.map { _ in true }
        }
        let scored = withoutGradients { model.tokenLikelihoods(of: batch, counts: counts, temperature: 0.7) }
        expectClose(
            answers.flatMap(\.logProbabilities).map(Double.init), scored.logProbabilities.doubles(),
            relative: 1e-4)
    }

    /// An answer does not depend on what is written beside it.
    @Test func answersDoNotDependOnTheBatch() throws {
        let model = try LanguageModel.load(from: Fixtures.golden("tiny-llama"))
        let all = requests([[5, 6, 7], [8, 3], [5, 6, 7], [9], [5, 6, 7], [11, 12]])
        var options = GenerationOptions(
            sampling: SamplingParameters(temperature: 1), maximumNewTokens: 24, stopTokens: [2], seed: 11,
            slots: 6)
        let together = try model.generate(all, options: options)
        options.slots = 2
        let few = try model.generate(all, options: options)
        let alone = try all.map { try model.generate([$0], options: options)[0] }
        #expect(together.map(\.tokens) == few.map(\.tokens))
        #expect(together.map(\.tokens) == alone.map(\.tokens))
        #expect(Set(together.map(\.tokens)).count > 3, "different ids must draw different numbers")
        options.seed = 12
        #expect(try model.generate(all, options: options).map(\.tokens) != few.map(\.tokens))
    }

    @Test func promptsAreCheckedBeforeAnythingRuns() throws {
        let model = try LanguageModel.load(from: Fixtures.golden("tiny-llama"))
        let options = GenerationOptions(maximumNewTokens: 500, stopTokens: [], seed: 0)
        let long = requests([[1], Array(repeating: 4, count: 13)])
        let error = #expect(throws: GenerationError.self) { try model.generate(long, options: options) }
        #expect(error?.description.contains("prompt 2 has 13 tokens") == true)
        #expect(throws: GenerationError.self) { try model.generate(requests([[]]), options: options) }
    }

    @Test func callerEndsAnAnswer() throws {
        let model = try LanguageModel.load(from: Fixtures.golden("tiny-llama"))
        let options = GenerationOptions(sampling: .greedy, maximumNewTokens: 10, stopTokens: [], seed: 0)
        var seen = 0
        let answers = try model.generate(requests([[5], [6]]), options: options) { request, _ in
            if request == 1 { seen += 1 }
            return request == 0 || seen < 3
        }
        #expect(answers.map(\.tokens.count) == [10, 3])
        #expect(answers.map(\.finish) == [.length, .ended])
    }
}

@Suite struct SamplerTests {
    private func parameters(_ settings: GoldenValue) throws -> SamplingParameters? {
        var result = SamplingParameters()
        for key in settings.keys {
            let value = try settings[key]
            switch key {
            case "temperature": result.temperature = try value.double
            case "top_k": result.topK = try value.int
            case "top_p": result.topP = try value.double
            case "min_p": result.minP = try value.double
            case "repetition_penalty": result.repetitionPenalty = try value.double
            default: return nil
            }
        }
        return result
    }

    private func check(_ parameters: SamplingParameters, _ expected: [[Double]], _ golden: GoldenValue) throws
    {
        let logits = Tensor(try golden["logits"].doubleRows.flatMap { $0.map(Float.init) }, shape: [4, 24])
        let sampler = Sampler(parameters: parameters)
        let previous = try golden["previous_ids"].intRows
        let found = sampler.filteredLogits(logits, previous: previous).softmax()
        expectClose(found.doubles(), expected.flatMap { $0 }, relative: 1e-5, "\(parameters)")
        for (row, probabilities) in expected.enumerated() {
            checkDraws(sampler, logits[row..<row + 1], previous[row], probabilities)
        }
    }

    /// Draws at evenly spread numbers: every token comes up in proportion to its probability, give or take one.
    private func checkDraws(
        _ sampler: Sampler, _ logits: Tensor, _ previous: [Int], _ probabilities: [Double]
    ) {
        let draws = 2000
        let draw = sampler.draw(
            logits.expanded(to: [draws, probabilities.count]),
            previous: Array(repeating: previous, count: draws),
            uniforms: (0..<draws).map { (Float($0) + 0.5) / Float(draws) })
        var counts = [Double](repeating: 0, count: probabilities.count)
        for token in draw.tokens { counts[token] += 1 }
        for (count, probability) in zip(counts, probabilities) {
            #expect(abs(count - probability * Double(draws)) <= 1.01, "\(sampler.parameters)")
        }
        for (token, logProbability) in zip(draw.tokens, draw.logProbabilities) {
            expectClose(exp(Double(logProbability)), probabilities[token], relative: 1e-5)
        }
    }

    @Test func filtersEqualTransformers() throws {
        let golden = try Fixtures.goldenValues("sampling/expected.json")
        var compared = 0
        for item in try golden["single"].array {
            let operation = try item["op"].string
            let value = try item["value"].double
            var settings = SamplingParameters()
            switch operation {
            case "temperature": settings.temperature = value
            case "top_k": settings.topK = Int(value)
            case "top_p": settings.topP = value
            case "min_p": settings.minP = value
            case "repetition_penalty": settings.repetitionPenalty = value
            default: continue  // filters that Heed does not offer
            }
            try check(settings, item["probs"].doubleRows, golden)
            compared += 1
        }
        for item in try golden["combined"].array {
            guard let settings = try parameters(item["settings"]) else { continue }
            try check(settings, item["probs"].doubleRows, golden)
            compared += 1
        }
        #expect(compared >= 24)
    }

    /// Tokens come up as often as their probabilities say: chi-square with 23 degrees of freedom, 99.9 % bound 49.7.
    @Test func drawsFollowTheDistribution() throws {
        let logits = Tensor((0..<24).map { Float($0 % 7) * 0.5 }, shape: [1, 24])
        let probabilities = logits.softmax().doubles()
        let sampler = Sampler(parameters: SamplingParameters())
        let random = CounterRandom(seed: 5)
        let draws = 20_000
        let uniforms = (0..<draws).map { random.uniform(request: UInt64($0 / 100), position: $0 % 100) }
        let draw = sampler.draw(logits.expanded(to: [draws, 24]), previous: [], uniforms: uniforms)
        var counts = [Double](repeating: 0, count: 24)
        for token in draw.tokens { counts[token] += 1 }
        var statistic = 0.0
        for (count, probability) in zip(counts, probabilities) {
            let expected = probability * Double(draws)
            statistic += (count - expected) * (count - expected) / expected
        }
        #expect(statistic < 49.7, "chi-square \(statistic)")
        for (token, logProbability) in zip(draw.tokens, draw.logProbabilities).prefix(50) {
            expectClose(Double(logProbability), log(probabilities[token]), relative: 1e-5)
        }
    }

    /// Over a whole vocabulary, where sums are long, the fused draw takes the same tokens as tensor operations.
    @Test(arguments: [
        SamplingParameters(temperature: 0.7), SamplingParameters(temperature: 1.3, topK: 40),
        SamplingParameters(topP: 0.9), SamplingParameters(minP: 0.05),
        SamplingParameters(repetitionPenalty: 1.2, temperature: 0.8, topK: 200, topP: 0.95, minP: 0.01),
        .greedy,
    ])
    func fusedDrawsEqualTensorOperations(parameters: SamplingParameters) {
        let (rows, vocabulary) = (32, 5003)
        let logits = Generator(seed: 9).normal([rows, vocabulary]) * 3
        let previous = (0..<rows).map { row in (0..<20).map { (row * 31 + $0 * $0 * 17) % vocabulary } }
        let random = CounterRandom(seed: 2)
        let uniforms = (0..<rows).map { random.uniform(request: UInt64($0), position: 0) }
        let sampler = Sampler(parameters: parameters)
        let fused = sampler.draw(logits, previous: previous, uniforms: uniforms)
        let plain = sampler.drawByTensors(logits, previous: previous, uniforms: uniforms)
        #expect(fused.tokens == plain.tokens)
        expectClose(
            fused.logProbabilities.map(Double.init), plain.logProbabilities.map(Double.init), relative: 1e-4)
    }

    @Test func settingsOutOfRangeAreNamed() throws {
        var settings = SamplingParameters()
        settings.topP = 1.5
        let error = #expect(throws: GenerationError.self) { try settings.validate() }
        #expect(error?.description == "top-p is 1.5: expected above 0 and at most 1 (off)")
    }
}
