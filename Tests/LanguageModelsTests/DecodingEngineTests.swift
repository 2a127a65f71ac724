import Checkpoints
import TestSupport
import Testing
import Torch

@testable import LanguageModels

/// Both engines against passes over whole sequences by the layers that training uses.
@Suite struct DecodingEngineTests {
    private static let sequences = [[5, 9, 200, 31, 7, 77, 12], [300, 4], [17, 18, 19, 20]]
    /// Prompts of different lengths, steps of all, of one, and a continuation by several tokens.
    private static let passes: [[CachedRows.Run]] = [
        [
            .init(slot: 0, start: 0, length: 3), .init(slot: 1, start: 0, length: 1),
            .init(slot: 2, start: 0, length: 2),
        ],
        [
            .init(slot: 0, start: 3, length: 1), .init(slot: 1, start: 1, length: 1),
            .init(slot: 2, start: 2, length: 1),
        ],
        [.init(slot: 2, start: 3, length: 1)],
        [.init(slot: 0, start: 4, length: 3)],
    ]

    private func engines(_ model: LanguageModel, slots: Int = 3) -> [any DecodingEngine] {
        [
            TensorEngine(model, slots: slots, capacity: 80),
            PackedEngine(model.packed(), slots: slots, capacity: 80),
        ]
    }

    /// Logits after the last token of a sequence, without any cache.
    private func fullLogits(_ model: LanguageModel, _ tokens: [Int]) -> [Double] {
        let states = model.transformer.hiddenStates(of: PackedBatch([tokens]))
        return model.logits(of: states[tokens.count - 1..<tokens.count]).doubles()
    }

    @Test(arguments: ForwardTests.models) func cacheEqualsFullForward(model name: String) throws {
        let model = try LanguageModel.load(from: Fixtures.golden(name))
        withoutGradients {
            for engine in engines(model) {
                for runs in Self.passes {
                    let tokens = runs.flatMap { Self.sequences[$0.slot][$0.start..<$0.start + $0.length] }
                    let cached = engine.logits(of: tokens, rows: CachedRows(runs: runs)).doubles()
                    let full = runs.flatMap {
                        fullLogits(model, Array(Self.sequences[$0.slot][..<($0.start + $0.length)]))
                    }
                    expectClose(cached, full, relative: 1e-4, "\(type(of: engine)), runs \(runs)")
                }
            }
        }
    }

    /// Long enough for several blocks of keys and chunks of rows, by one pass and token by token, with a slot copied between.
    @Test(arguments: ForwardTests.models) func longSequences(model name: String) throws {
        let model = try LanguageModel.load(from: Fixtures.golden(name))
        let tokens = (0..<70).map { 3 + $0 * 37 % 250 }
        withoutGradients {
            let full = fullLogits(model, tokens)
            for engine in engines(model) {
                let prompt = engine.logits(
                    of: Array(tokens[..<66]), rows: CachedRows(runs: [.init(slot: 2, start: 0, length: 66)]))
                #expect(prompt.shape == [1, model.configuration.vocabularySize])
                engine.copy(from: 2, to: 0, length: 66)
                var last: [Double] = []
                for position in 66..<70 {
                    last = engine.logits(
                        of: [tokens[position]],
                        rows: CachedRows(runs: [.init(slot: 0, start: position, length: 1)])
                    ).doubles()
                }
                expectClose(last, full, relative: 1e-4, "\(type(of: engine))")
            }
        }
    }

    /// In bf16 the packed decoder rounds less than the layers do, because its activations are fp32.
    @Test(arguments: ForwardTests.models) func halfPrecisionStaysNearer(model name: String) throws {
        let exact = try LanguageModel.load(from: Fixtures.golden(name))
        let half = try LanguageModel.load(
            from: Fixtures.golden(name), options: LoadingOptions(precision: .bf16))
        let tokens = (0..<40).map { 3 + $0 * 29 % 250 }
        try withoutGradients {
            let wanted = fullLogits(exact, tokens)
            let errors = engines(half).map { engine -> Double in
                let rows = CachedRows(runs: [.init(slot: 0, start: 0, length: tokens.count)])
                let found = engine.logits(of: tokens, rows: rows).doubles()
                let squares = zip(found, wanted).map { ($0 - $1) * ($0 - $1) }
                return (squares.reduce(0, +) / Double(squares.count)).squareRoot()
            }
            try #require(errors.count == 2)
            #expect(errors[1] < errors[0], "tensors \(errors[0]), packed \(errors[1])")
            #expect(errors[1] > 0)
        }
    }

    /// With weights in 8 bits logits are some hundredths off, and not those of another precision.
    @Test(arguments: ForwardTests.models) func bytesStayNear(model name: String) throws {
        let tokens = (0..<40).map { 3 + $0 * 29 % 250 }
        let logits = try [Precision.fp32, .int8].map { precision in
            let model = try LanguageModel.load(
                from: Fixtures.golden(name),
                options: LoadingOptions(precision: precision, onlyGenerates: true))
            return withoutGradients {
                engines(model)[1].logits(
                    of: tokens, rows: CachedRows(runs: [.init(slot: 0, start: 0, length: tokens.count)])
                ).doubles()
            }
        }
        let difference = zip(logits[0], logits[1]).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
        let relative = (difference / logits[0].map { $0 * $0 }.reduce(0, +)).squareRoot()
        #expect(relative > 1e-3 && relative < 0.05, "\(relative)")
    }

    /// A packed reward model scores what the layers score, sequence by sequence.
    @Test func packedRewardModelsScoreTheSame() throws {
        let sequences = (1...7).map { length in (0..<5 * length).map { 3 + ($0 * 29 + length) % 250 } }
        let states = try [false, true].map { isPacked in
            let model = try RewardModel.load(
                body: Fixtures.golden("tiny-llama"), options: LoadingOptions(), generator: Generator(seed: 1))
            if isPacked { model.packWeights() }
            return withoutGradients { model.lastStates(of: PackedBatch(sequences)) }
        }
        #expect(states[1].shape == [7, states[0].size(1)])
        expectClose(states[1].doubles(), states[0].doubles(), relative: 1e-4, "packed")
    }

    /// The same rows give the same bits whatever runs beside them and however they are dealt to threads.
    @Test(arguments: [Precision.fp32, .bf16, .int8])
    func rowsDoNotDependOnTheBatch(precision: Precision) throws {
        let model = try LanguageModel.load(
            from: Fixtures.golden("tiny-llama"), options: LoadingOptions(precision: precision))
        let prompts = (0..<24).map { slot in (0...slot % 5).map { 4 + slot + 7 * $0 } }
        let runs = prompts.enumerated().map {
            CachedRows.Run(slot: $0.offset, start: 0, length: $0.element.count)
        }
        withoutGradients {
            let engine = engines(model, slots: 24)[1]
            let together = engine.logits(of: prompts.flatMap { $0 }, rows: CachedRows(runs: runs))
            for (index, run) in runs.enumerated() {
                let alone = engine.logits(of: prompts[index], rows: CachedRows(runs: [run]))
                #expect(alone.floats() == together[index..<index + 1].floats())
            }
        }
    }

    /// Logits of both engines, one after the other.
    private func logitsOfEngines(_ model: LanguageModel) -> [[Float]] {
        withoutGradients {
            engines(model).map {
                $0.logits(of: [5, 300, 511], rows: CachedRows(runs: [.init(slot: 0, start: 0, length: 3)]))
                    .floats()
            }
        }
    }

    private enum Adapters: CaseIterable {
        case none, plain, stretching
    }

    private func attach(_ adapters: Adapters, to model: LanguageModel) throws {
        guard adapters != .none else { return }
        try model.attachAdapters(
            AdapterConfiguration(
                rank: 4, alpha: 8, targetModules: model.adaptableLayers,
                learnsMagnitude: adapters == .stretching),
            generator: Generator(seed: 1))
        let generator = Generator(seed: 2)
        for parameter in model.trainableParameters where !parameter.name.contains("lora_A") {
            withoutGradients {
                parameter.tensor.assign(generator.normal(parameter.tensor.shape) * 0.1 + 0.5)
            }
        }
    }

    /// Weights that stay in their file and are rounded whenever they are used, against copies that were rounded before,
    /// which is what trains.
    @Test(arguments: ForwardTests.models, [Precision.fp32, .bf16, .int8])
    func weightsInTheirFileAreTheSame(name: String, precision: Precision) throws {
        for adapters in Adapters.allCases {
            let logits = try [false, true].map { onlyGenerates in
                let options = LoadingOptions(precision: precision, onlyGenerates: onlyGenerates)
                let model = try LanguageModel.load(from: Fixtures.golden(name), options: options)
                try attach(adapters, to: model)
                return logitsOfEngines(model)
            }
            let areEqual = logits[0] == logits[1]
            #expect(areEqual, "adapters: \(adapters)")
        }
    }

    /// Weights that learn are kept in fp32 and multiplied in bf16, and so they are sampled from.
    @Test(arguments: ForwardTests.models) func weightsThatLearnAreRounded(name: String) throws {
        let logits = try [false, true].map { isRoundedBefore in
            let model = try LanguageModel.load(
                from: Fixtures.golden(name), options: LoadingOptions(precision: .bf16, trainability: .full))
            // Norms are not rounded.
            for weight in model.weights where isRoundedBefore && !weight.name.contains("norm") {
                withoutGradients { weight.tensor.assign(weight.tensor.to(.bfloat16)) }
            }
            return logitsOfEngines(model)
        }
        let areEqual = logits[0] == logits[1]
        #expect(areEqual)
    }

    @Test func rowsOutOfRangeAreRefused() throws {
        let model = try LanguageModel.load(from: Fixtures.golden("tiny-llama"))
        let decoder = model.packed()
        let rows = { (token: Int64, slot: Int64, position: Int64) in
            PackedDecoder.Rows(tokens: [token], slots: [slot], positions: [position], wanted: [0])
        }
        #expect(throws: TorchError.self) { try catchingErrors { decoder.outputs(rows(5, 0, 0)) } }
        decoder.reserve(slots: 2, capacity: 8)
        for wrong in [rows(-1, 0, 0), rows(100_000, 0, 0), rows(5, 2, 0), rows(5, 0, 8)] {
            #expect(throws: TorchError.self) { try catchingErrors { decoder.outputs(wrong) } }
        }
        #expect(throws: TorchError.self) {
            try catchingErrors { decoder.reserve(slots: 1, capacity: 1_000_000) }
        }
        #expect(try catchingErrors { decoder.outputs(rows(5, 1, 0)) }.size(0) == 1)
    }
}
