import Checkpoints
import Foundation
import TestSupport
import Testing
import Torch

@testable import LanguageModels

/// Every family and variant of its settings against transformers' numbers, by the layers of training and by the decoders.
@Suite struct FamilyTests {
    static let families = [
        "gemma3", "granite", "llama_biases_untied", "llama_rope_dynamic", "llama_rope_llama3",
        "llama_rope_yarn", "mistral", "olmo2", "phi3", "phi3_longrope", "qwen2_sliding", "qwen3_moe",
        "qwen3_tied", "qwen3_untied_bias", "smollm3",
    ]

    private func golden(_ name: String) throws -> GoldenValue {
        try Fixtures.goldenValues("families/\(name)/expected.json")
    }

    private func model(_ name: String, _ options: LoadingOptions = LoadingOptions()) throws -> LanguageModel {
        try LanguageModel.load(from: Fixtures.golden("families/\(name)"), options: options)
    }

    private func logProbabilities(_ model: LanguageModel, _ batch: PackedBatch) -> [Double] {
        withoutGradients {
            model.tokenLikelihoods(of: batch, counts: Array(repeating: true, count: batch.tokens.count))
        }.logProbabilities.doubles()
    }

    @Test(arguments: families) func rowsAloneAndPacked(family name: String) throws {
        let golden = try golden(name)
        let model = try model(name)
        let rows = try golden["row_ids"].intRows
        var wanted: [Double] = []
        for (row, expected) in zip(rows, try golden["rows"].array) {
            let own = try expected["token_logprobs"].doubles
            wanted += own
            expectClose(
                logProbabilities(model, PackedBatch([row])), own, relative: 2e-5, "\(name), \(row.count)")
            let logits = model.logits(of: row, from: 0)
            #expect(logits.argmax(along: 1).integers() == (try expected["argmax"].ints))
            for sample in try expected["logits"].array {
                let position = try sample["position"].int
                expectClose(
                    logits[position..<position + 1].doubles(), try sample["logits"].doubles, relative: 2e-5,
                    "\(name), logits at \(position)")
            }
        }
        expectClose(logProbabilities(model, PackedBatch(rows)), wanted, relative: 2e-5, "\(name), packed")
    }

    @Test(arguments: families) func hiddenStates(family name: String) throws {
        let golden = try golden(name)
        let model = try model(name)
        for (row, expected) in zip(try golden["row_ids"].intRows, try golden["rows"].array) {
            let states = withoutGradients { model.transformer.allHiddenStates(of: PackedBatch([row])) }
            expectClose(
                states.map { $0.squared().sum().item().squareRoot() }, try expected["hidden_l2"].doubles,
                relative: 1e-5, name)
        }
    }

    @Test(arguments: families) func gradients(family name: String) throws {
        let golden = try golden(name)
        let model = try model(name, LoadingOptions(trainability: .full))
        let batch = PackedBatch(try golden["row_ids"].intRows)
        let scores = model.tokenLikelihoods(
            of: batch, counts: Array(repeating: true, count: batch.tokens.count))
        let loss = -scores.logProbabilities.mean()
        loss.backward()
        expectClose(loss.item(), try golden["mean_nll"].double, relative: 1e-6, name)
        #expect(Set(model.weights.map(\.name)) == Set(try golden["grads"].keys))
        var total = 0.0
        for weight in model.weights {
            let wanted = try golden["grads"][weight.name]
            let size = try wanted["l2"].double
            let squares = weight.tensor.gradient?.squared().sum().item() ?? 0
            total += squares
            expectClose(squares.squareRoot(), size, relative: 1e-4, floor: 1e-6, "\(name): \(weight.name)")
            let first = Array((weight.tensor.gradient?.reshaped([-1]).doubles() ?? []).prefix(4))
            expectClose(
                first, try wanted["first4"].doubles, relative: 1e-4, floor: size * 0.1,
                "\(name): \(weight.name)")
        }
        expectClose(total.squareRoot(), try golden["total_grad_norm"].double, relative: 1e-5, name)
    }

    @Test(arguments: families) func greedyContinuations(family name: String) throws {
        let golden = try golden(name)["greedy"].array
        let model = try model(name)
        let requests = try golden.map { GenerationRequest(prompt: try $0["prompt_ids"].ints, id: 0) }
        let options = GenerationOptions(
            sampling: SamplingParameters(temperature: 0), maximumNewTokens: 16, stopTokens: [], seed: 1,
            slots: 2)
        let answers = try model.generate(requests, options: options)
        for (answer, expected) in zip(answers, golden) {
            #expect(answer.tokens == (try expected["new_ids"].ints), "\(name)")
        }
    }

    /// By the decoder that the model gets and by the layers of training, through several blocks of keys and beyond all windows.
    @Test(arguments: families) func cachedEqualsUncached(family name: String) throws {
        let model = try model(name)
        let count = min(100, model.configuration.contextLength)
        let tokens = (0..<count).map { 3 + $0 * 37 % 250 }
        withoutGradients {
            let full = model.logits(of: tokens, from: count - 8)
            if model.configuration.dependsOnLength {
                // What a token says depends on how long the text is by then, here across the original context.
                let cached = model.cachedLogits(of: Array(tokens[..<36]), from: 15)
                let apart = (16...36).map { model.logits(of: Array(tokens[..<$0]), from: $0 - 1) }
                return expectClose(
                    cached.doubles(), Tensor.concatenated(apart).doubles(), relative: 1e-4, name)
            }
            expectClose(
                model.cachedLogits(of: tokens, from: count - 8).doubles(), full.doubles(), relative: 1e-4,
                name)
            let engine = TensorEngine(model, slots: 2, capacity: count)
            let parts = [0..<60, 60..<count - 8] + (count - 8..<count).map { $0..<$0 + 1 }
            let cached = parts.map { part in
                let run = CachedRows.Run(slot: 0, start: part.lowerBound, length: part.count)
                return engine.logits(of: Array(tokens[part]), rows: CachedRows(runs: [run]))
            }
            expectClose(
                Tensor.concatenated(cached)[2..<cached.count].doubles(), full.doubles(), relative: 1e-4, name)
        }
    }

    @Test(arguments: families) func sharedBeginnings(family name: String) throws {
        let model = try model(name)
        let row = try golden(name)["row_ids"].intRows[0]
        let (prefix, long, short) = (Array(row[..<17]), Array(row[17...]), Array(row[20..<24]))
        let shared = PackedBatch(sharing: [(prefix, [long, short])])
        let counts = prefix.map { _ in false } + (long + short).map { _ in true }
        let scores = withoutGradients { model.tokenLikelihoods(of: shared, counts: counts) }
        let apart = [prefix + long, prefix + short].flatMap {
            logProbabilities(model, PackedBatch([$0])).dropFirst(prefix.count - 1)
        }
        expectClose(scores.logProbabilities.doubles(), apart, relative: 2e-5, name)
    }

    @Test(arguments: families) func otherKeysAndTheWayBack(family name: String) throws {
        let folder = Fixtures.golden("families/\(name)")
        let configuration = try ModelConfiguration(contentsOf: folder.appending(path: "config.json"))
        #expect(
            try ModelConfiguration(contentsOf: folder.appending(path: "config_older_keys.json"))
                == configuration)
        let output = FileManager.default.temporaryDirectory.appending(path: "family-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: output) }
        let model = try model(name)
        try model.save(to: output)
        let saved = try LanguageModel.load(from: output)
        #expect(saved.configuration == configuration)
        let row = try golden(name)["row_ids"].intRows[1]
        #expect(saved.logits(of: row, from: 0).floats() == model.logits(of: row, from: 0).floats())
    }

    @Test func adaptersStandBesideFusedProjectionsAndExperts() throws {
        for (name, layers) in [
            ("phi3", ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]),
            (
                "qwen3_moe",
                ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
            ),
        ] {
            let model = try model(name, LoadingOptions(trainability: .adapters))
            #expect(model.adaptableLayers == Set(layers))
            let adapters = AdapterConfiguration(rank: 2, alpha: 8, targetModules: Set(layers))
            try model.attachAdapters(adapters, generator: Generator(seed: 3))
            withoutGradients {
                for adapter in model.adapterTensors {
                    adapter.tensor.assign(Generator(seed: 5).normal(adapter.tensor.shape) * 0.2)
                }
            }
            let tokens = (0..<30).map { 3 + $0 * 37 % 250 }
            withoutGradients {
                let full = model.logits(of: tokens, from: 5).doubles()
                expectClose(model.cachedLogits(of: tokens, from: 5).doubles(), full, relative: 2e-4, name)
                model.withoutAdapters {
                    #expect(model.logits(of: tokens, from: 5).doubles() != full)
                }
            }
        }
    }

    @Test func routerLoss() throws {
        let golden = try golden("qwen3_moe")["router"]
        let model = try model("qwen3_moe", LoadingOptions(trainability: .full))
        let (_, record) = try model.recordingRouting {
            model.transformer.hiddenStates(of: PackedBatch([try golden["row_ids"].ints]))
        }
        expectClose(
            try #require(record).loss().item(), try golden["auxiliary_loss"].double, relative: 1e-6)
        #expect(try #require(record).load.highest > 1)
        let (_, none) = model.recordingRouting {
            withoutGradients { model.transformer.hiddenStates(of: PackedBatch([[1, 2]])) }
        }
        #expect(none == nil)
    }

    @Test func weightsInBytesAreForModelsThatThePackedDecoderKnows() throws {
        for name in ["qwen3_moe", "phi3_longrope"] {
            #expect(throws: WeightError.self) { try model(name, LoadingOptions(precision: .int8)) }
        }
        let rounded = try model("gemma3", LoadingOptions(precision: .int8))
        let tokens = (0..<40).map { 3 + $0 * 37 % 250 }
        let full = try model("gemma3").logits(of: tokens, from: 5)
        let difference = (rounded.cachedLogits(of: tokens, from: 5) - full).squared().mean().item()
        #expect(difference.squareRoot() < 0.2 * full.squared().mean().item().squareRoot())
    }
}
