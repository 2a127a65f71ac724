import Checkpoints
import Errors
import Files
import Foundation
import LanguageModels
import Runs
import Settings
import Tokenization
import Torch

/// A model argument's folders, found or fetched.
public struct ModelSource: Sendable {
    public let argument: String
    public let folders: ModelFolders
    public let tokenizer: Tokenizer
    /// Tokens that end a response.
    public let stopTokens: Set<Int>
    /// The bytes of its generation_config.json, read at the start: the folder may be gone when a result is written.
    private let generationDefaults: Data?

    /// - Parameter tokenizer: of another model, for one that has none of its own to bring.
    /// - Throws: what is wrong with the argument, its files or its tokenizer.
    public init(
        _ argument: String?, role: String = "model", on computation: Computation, tokenizer: Tokenizer? = nil
    ) throws {
        guard let argument else {
            throw InvalidSetting.noModel(role)
        }
        self.argument = argument
        folders = try CatalogueStore().folders(ofModel: argument, progress: computation.downloadProgress)
        self.tokenizer = try tokenizer ?? Tokenizer(contentsOf: folders.tokenizer)
        stopTokens = Set(try folders.stopTokens(with: self.tokenizer))
        let defaults = folders.base.appendingPathComponent(Self.generationFile)
        generationDefaults = try FileSystem.exists(defaults) ? FileSystem.read(defaults) : nil
    }

    /// The model that is to be trained.
    ///
    /// - Throws: `InvalidSetting` where a new or given adapter would have to lie on another, which no layout can state.
    package init(
        trainable argument: String?, adapters: AdapterTraining,
        task: AdapterConfiguration.Task = .causalLanguageModel, on computation: Computation
    ) throws {
        try self.init(argument, role: "model", on: computation)
        guard let adapter = folders.adapter else { return }
        let merging = "merge it first (heed models merge \(self.argument) DIR)"
        if let upper = adapters.initialAdapter ?? adapters.rank.map({ "a new one of rank \($0)" }) {
            throw InvalidSetting(
                "model", expected: "a whole model under an adapter (\(upper))",
                found: "the adapter \(self.argument); \(merging), or train it further as it is: leave out "
                    + (adapters.initialAdapter == nil ? "--lora-rank" : "--init-adapter"))
        }
        let file = adapter.appendingPathComponent(ModelFile.adapterConfiguration)
        if task == .sequenceClassification, try AdapterConfiguration(contentsOf: file).task != task {
            throw InvalidSetting(
                "model", expected: "a whole model under a new head",
                found: "the adapter \(self.argument) of a language model; \(merging)")
        }
    }

    /// What the base model's config.json says.
    package func configuration() throws -> ModelConfiguration {
        try ModelConfiguration(contentsOf: folders.base.appendingPathComponent(ModelFile.configuration))
    }

    /// The longest row to train on: `limit`, and never more than the model has positions for.
    package func maximumLength(_ limit: Int?) throws -> Int {
        let positions = try configuration().contextLength
        return min(limit ?? positions, positions)
    }

    /// Whether the folders hold a model with scores in place of a vocabulary.
    package var isRewardModel: Bool { folders.holdRewardModel }

    /// What run.json hashes.
    public func inputs(role: String) -> [(role: String, url: URL)] {
        [(role, folders.base)] + (folders.adapter.map { [("\(role) adapter", $0)] } ?? [])
    }

    /// One hash for all files that the weights come from, an adapter's included.
    public func contentHash() throws -> String {
        let hashes = try inputs(role: "model").map { try ContentHash.sha256(of: $0.url) }
        return hashes.count == 1
            ? hashes[0] : ContentHash.sha256(of: Data(hashes.joined(separator: " ").utf8))
    }

    private static let generationFile = "generation_config.json"

    /// - Throws: `WeightError` where the adapter has a head for another task.
    package func requireAdapter(for task: AdapterConfiguration.Task) throws {
        guard let adapter = folders.adapter else { return }
        let file = adapter.appendingPathComponent(ModelFile.adapterConfiguration)
        guard try AdapterConfiguration(contentsOf: file).task != task else { return }
        throw WeightError.unsupported(
            task == .sequenceClassification
                ? "\(adapter.path): an adapter of a language model, where a reward model was expected"
                : "\(adapter.path): an adapter of a reward model, where a language model was expected")
    }

    /// The model as it is to be used, its own adapter (or another given) included, without learning.
    /// - Parameters:
    ///   - onlyGenerates: whether answers are all that is wanted of it.
    ///   - keepingPrecision: whether its weights stay in fp32 whatever is computed in, as those that learn do.
    public func loadFrozen(
        on computation: Computation, adapter given: URL? = nil, onlyGenerates: Bool = false,
        keepingPrecision: Bool = false
    ) throws
        -> LanguageModel
    {
        try requireAdapter(for: .causalLanguageModel)
        let options = LoadingOptions(
            precision: computation.precision, device: computation.device,
            trainability: keepingPrecision ? .full : .frozen, onlyGenerates: onlyGenerates)
        let model = try LanguageModel.load(from: folders.base, options: options)
        if let adapter = given ?? folders.adapter { try model.loadAdapters(from: adapter) }
        try check(model)
        noteWayOfDecoding(model, on: computation)
        return model
    }

    /// The model ready to be trained: in full, or by adapters that are new, given, or its own.
    public func loadTrainable(_ adapters: AdapterTraining, on computation: Computation) throws
        -> LanguageModel
    {
        try requireAdapter(for: .causalLanguageModel)
        let trains = adapters.isOn || folders.adapter != nil
        let model = try LanguageModel.load(
            from: folders.base,
            options: LoadingOptions(
                precision: computation.precision, device: computation.device,
                trainability: trains ? .adapters : .full
            ))
        if trains { try attach(adapters, to: model, task: .causalLanguageModel, on: computation) }
        try check(model)
        noteWayOfDecoding(model, on: computation)
        return model
    }

    /// Copies what belongs to a model besides its weights, so that it travels with the result.
    public func copyTokenizer(to folder: URL) throws {
        try tokenizer.write(to: folder)
        guard let generationDefaults else { return }
        try AtomicFile.write(generationDefaults, to: folder.appendingPathComponent(Self.generationFile))
    }

    package func attach(
        _ adapters: AdapterTraining, to model: DecoderModel, task: AdapterConfiguration.Task,
        on computation: Computation
    ) throws {
        if let folder = adapters.initialFolder ?? folders.adapter {
            let given = try AdapterConfiguration(
                contentsOf: folder.appendingPathComponent(ModelFile.adapterConfiguration))
            try adapters.check(against: given, layers: model.adaptableLayers, of: folder)
            return try model.loadAdapters(from: folder, dropout: adapters.dropout)
        }
        let configuration = adapters.configuration(
            layers: model.adaptableLayers, task: task, baseModel: folders.base.path)
        try model.attachAdapters(configuration, generator: computation.generator("adapters"))
    }

    /// Says once that answers of a model take longer than others'.
    private func noteWayOfDecoding(_ model: LanguageModel, on computation: Computation) {
        guard computation.device.isCPU, !model.configuration.hasPackedDecoder else { return }
        let reason =
            model.configuration.experts == nil
            ? "its rotary frequencies depend on the length of a text" : "it has experts"
        computation.progress.note(
            "\(folders.base.path): \(reason), which the fast decoder of the CPU does not know; answers are "
                + "written by the layers of training, more slowly", onceAbout: "way of decoding")
    }

    /// A tokenizer of another model would give ids that the embedding does not have.
    package func check(_ model: DecoderModel) throws {
        let limit = model.configuration.vocabularySize
        guard tokenizer.vocabularySize <= limit else {
            throw TokenizerOfAnotherModel(
                tokenizer: folders.tokenizer.path, tokens: tokenizer.vocabularySize, limit: limit)
        }
    }
}

/// A tokenizer with more tokens than its model has.
public struct TokenizerOfAnotherModel: CategorizedError, Equatable, CustomStringConvertible {
    public let tokenizer: String
    public let tokens: Int
    /// The model's `vocab_size`.
    public let limit: Int

    public var category: ErrorCategory { .badData }

    public var description: String {
        "\(tokenizer): expected a tokenizer of at most \(limit) tokens, as the model has, found \(tokens); "
            + "put the model's own tokenizer there"
    }
}

extension AdapterTraining {
    /// The adapter to start from.
    package var initialFolder: URL? { initialAdapter.map { URL(fileURLWithPath: $0) } }
}
