import Checkpoints
import Files
import Foundation
import LanguageModels
import Runs
import Tokenization
import Torch

/// A model argument's folders, found or fetched.
public struct ModelSource: Sendable {
    public let argument: String
    public let folders: ModelFolders
    public let tokenizer: Tokenizer

    /// - Parameter tokenizer: of another model, for one that has none of its own to bring.
    /// - Throws: what is wrong with the argument, its files or its tokenizer.
    public init(_ argument: String?, role: String, context: JobContext, tokenizer: Tokenizer? = nil) throws {
        guard let argument else {
            throw InvalidSetting(role, expected: "a model (--\(role) DIR or NAME)", found: "nothing")
        }
        self.argument = argument
        folders = try CatalogueStore().folders(ofModel: argument, progress: context.downloadProgress)
        self.tokenizer = try tokenizer ?? Tokenizer(contentsOf: folders.tokenizer)
    }

    /// The model that is to be trained.
    ///
    /// - Throws: `InvalidSetting` where a new or given adapter would have to lie on another, which no layout can state.
    init(
        trainable argument: String?, adapters: AdapterTraining,
        task: AdapterConfiguration.Task = .causalLanguageModel, context: JobContext
    ) throws {
        try self.init(argument, role: "model", context: context)
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
    func configuration() throws -> ModelConfiguration {
        try ModelConfiguration(contentsOf: folders.base.appendingPathComponent(ModelFile.configuration))
    }

    /// The longest row to train on: as set, and never more than the model has positions for.
    func maximumLength(_ training: TrainingConfiguration) throws -> Int {
        let positions = try configuration().maximumPositions
        return min(training.maximumLength ?? positions, positions)
    }

    /// What run.json hashes.
    func inputs(role: String) -> [(role: String, url: URL)] {
        [(role, folders.base)] + (folders.adapter.map { [("\(role) adapter", $0)] } ?? [])
    }

    /// One hash for all files that the weights come from, an adapter's included.
    public func contentHash() throws -> String {
        let hashes = try inputs(role: "model").map { try ContentHash.sha256(of: $0.url) }
        return hashes.count == 1
            ? hashes[0] : ContentHash.sha256(of: Data(hashes.joined(separator: " ").utf8))
    }

    /// Tokens that end a response: the tokenizer's end of sequence and those of generation_config.json.
    public var stopTokens: Set<Int> {
        let file = folders.base.appendingPathComponent("generation_config.json")
        let listed = (try? GenerationDefaults(contentsOf: file))?.endOfSequenceIDs ?? []
        return Set(listed + (tokenizer.endOfSequence.map { [$0.id] } ?? []))
    }

    /// The model as it is to be used, its own adapter (or another given) included, without learning.
    /// - Parameter onlyGenerates: whether answers are all that is wanted of it.
    public func loadFrozen(context: JobContext, adapter given: URL? = nil, onlyGenerates: Bool = false) throws
        -> LanguageModel
    {
        let options = LoadingOptions(
            precision: context.precision, device: context.device, onlyGenerates: onlyGenerates)
        let model = try LanguageModel.load(from: folders.base, options: options)
        if let adapter = given ?? folders.adapter { try model.loadAdapters(from: adapter) }
        try check(model)
        return model
    }

    /// The model ready to be trained: in full, or by adapters that are new, given, or its own.
    public func loadTrainable(_ adapters: AdapterTraining, context: JobContext) throws -> LanguageModel {
        let trains = adapters.isOn || folders.adapter != nil
        let model = try LanguageModel.load(
            from: folders.base,
            options: LoadingOptions(
                precision: context.precision, device: context.device, trainability: trains ? .adapters : .full
            ))
        if trains { try attach(adapters, to: model, task: .causalLanguageModel, context: context) }
        try check(model)
        return model
    }

    /// A reward model on this model's body, ready to be trained; its head is new where the folder has none.
    /// - Parameter aspects: what it is to score; empty: what it scores already, or one thing.
    public func loadTrainableRewardModel(
        _ adapters: AdapterTraining, aspects: [String] = [], context: JobContext
    ) throws -> RewardModel {
        let labels = try rewardLabels(aspects, adapter: adapters.initialFolder)
        let trains = adapters.isOn || folders.adapter != nil
        let options = LoadingOptions(
            precision: context.precision, device: context.device, trainability: trains ? .adapters : .full)
        let model =
            try configuration().labelCount == nil
            ? RewardModel.load(
                body: folders.base, labels: labels, options: options,
                generator: context.generator("reward head"))
            : RewardModel.load(from: folders.base, options: options)
        if trains { try attach(adapters, to: model, task: .sequenceClassification, context: context) }
        return model
    }

    /// A trained reward model: a folder of its own, or an adapter with a head on a language model.
    public func loadRewardModel(context: JobContext) throws -> RewardModel {
        let options = LoadingOptions(precision: context.precision, device: context.device)
        guard let adapter = folders.adapter else {
            return try RewardModel.load(from: folders.base, options: options)
        }
        let model = try RewardModel.load(
            body: folders.base, labels: rewardDescription().aspects, options: options,
            generator: context.generator("reward head"))
        try model.loadAdapters(from: adapter)
        return model
    }

    /// The labels of a head for these aspects.
    /// - Parameter adapter: one to go on training, which brings its head.
    /// - Throws: `InvalidSetting` where there is a head for others already.
    func rewardLabels(_ aspects: [String], adapter: URL?) throws -> [String] {
        let known =
            try adapter.flatMap { try RewardDescription(in: $0)?.aspects }
            ?? (isRewardModel ? rewardDescription().aspects : [])
        guard known.isEmpty || aspects.isEmpty || known == aspects else {
            throw InvalidSetting(
                "aspects", expected: "\(known.joined(separator: ", ")), which the model's head is for",
                found: aspects.joined(separator: ", "))
        }
        return known.isEmpty ? (aspects.isEmpty ? ["LABEL_0"] : aspects) : known
    }

    /// Copies what belongs to a model besides its weights, so that it travels with the result.
    public func copyTokenizer(to folder: URL) throws {
        try tokenizer.write(to: folder)
        let defaults = folders.base.appendingPathComponent("generation_config.json")
        if FileSystem.exists(defaults) {
            let copy = folder.appendingPathComponent(defaults.lastPathComponent)
            try AtomicFile.write(FileSystem.read(defaults), to: copy)
        }
    }

    private func attach(
        _ adapters: AdapterTraining, to model: DecoderModel, task: AdapterConfiguration.Task,
        context: JobContext
    ) throws {
        let dropout = adapters.dropout ?? 0
        if let given = adapters.initialFolder ?? folders.adapter {
            return try model.loadAdapters(from: given, dropout: dropout)
        }
        let configuration = AdapterConfiguration(
            rank: adapters.rank ?? AdapterTraining.defaultRank, alpha: adapters.alpha,
            dropout: dropout,
            targetModules: adapters.targets == ["all-linear"] ? model.adaptableLayers : Set(adapters.targets),
            task: task, baseModel: folders.base.path,
            modulesToSave: task == .sequenceClassification ? ["score"] : [],
            scalesByRootOfRank: adapters.scalesByRootOfRank, learnsMagnitude: adapters.learnsMagnitude)
        try model.attachAdapters(configuration, generator: context.generator("adapters"))
    }

    /// A tokenizer of another model would give ids that the embedding does not have.
    private func check(_ model: LanguageModel) throws {
        guard tokenizer.vocabularySize <= model.configuration.vocabularySize else {
            throw InvalidSetting(
                "model",
                expected:
                    "a tokenizer of at most \(model.configuration.vocabularySize) tokens, as the model has",
                found: "\(tokenizer.vocabularySize) tokens in \(folders.tokenizer.path)")
        }
    }
}

extension AdapterTraining {
    /// The adapter to go on from.
    var initialFolder: URL? { initialAdapter.map { URL(fileURLWithPath: $0) } }
}
