import Checkpoints
import Foundation
import Torch
import TorchNN

/// How a model is loaded.
public struct LoadingOptions: Sendable {
    public var precision: Precision
    public var device: Device
    public var trainability: Trainability
    /// Whether frozen weights stay in their file, which must not be written to meanwhile: right for a model that only generates,
    /// which lays them out anew and would keep a second copy for nothing.
    public var onlyGenerates: Bool

    public init(
        precision: Precision = .fp32, device: Device = .cpu, trainability: Trainability = .frozen,
        onlyGenerates: Bool = false
    ) {
        self.precision = precision
        self.device = device
        self.trainability = trainability
        self.onlyGenerates = onlyGenerates
    }

    /// What is left of the options for a model that the decoder of the CPU does not know, and that decodes by the layers of
    /// training.
    /// - Throws: `WeightError` where they ask for what that decoder alone can do.
    func fitted(to configuration: ModelConfiguration, in folder: URL) throws -> LoadingOptions {
        guard !configuration.hasPackedDecoder else { return self }
        guard precision != .int8 else {
            throw WeightError.unsupported(
                "\(folder.path): weights in 8 bits are for models without experts whose rotary frequencies do not depend on "
                    + "the length of a text: use another precision")
        }
        var options = self
        options.onlyGenerates = false
        return options
    }

    /// Weights that learn in full are master weights; others are kept as they are computed with, but that bf16 loses nothing
    /// beneath adapters in fp32 and takes half the memory.
    var storage: WeightStorage {
        precondition(precision != .int8 || trainability == .frozen, "weights in 8 bits do not learn")
        if onlyGenerates, trainability == .frozen, device.isCPU {
            return .borrowed(vectorsAs: precision.computeType)
        }
        if trainability == .adapters, precision == .fp32, device.isCPU { return .widenedWhenRead }
        return .copied(as: trainability == .full ? .float32 : precision.computeType)
    }
}

extension LanguageModel {
    /// Loads a causal language model from a folder in Hugging Face layout.
    /// - Throws: `WeightError` listing missing, unused or misshapen weights; `CheckpointError` for unreadable files.
    public static func load(from folder: URL, options: LoadingOptions = LoadingOptions()) throws
        -> LanguageModel
    {
        let configuration = try ModelConfiguration(
            contentsOf: folder.appendingPathComponent(ModelFile.configuration))
        let loader = try WeightLoader(folder: folder, options: options.fitted(to: configuration, in: folder))
        let transformer = Transformer(
            configuration, weights: loader.scope("model"), precision: options.precision,
            device: options.device)
        let head =
            configuration.tiesEmbeddings
            ? transformer.embedding
            : loader.tensor(
                "lm_head.weight", shape: [configuration.vocabularySize, configuration.hiddenSize])
        try loader.finish { configuration.tiesEmbeddings && $0 == "lm_head.weight" || isDerived($0) }
        return LanguageModel(transformer: transformer, headWeight: head, loader: loader)
    }
}

extension RewardModel {
    /// Loads a sequence classifier.
    public static func load(from folder: URL, options: LoadingOptions = LoadingOptions()) throws
        -> RewardModel
    {
        let configuration = try configuration(of: folder)
        guard case .sequenceClassification(let labels) = configuration.head else {
            throw WeightError.unsupported(
                "\(folder.path): a language model, where a reward model was expected")
        }
        return try load(from: folder, configuration, labels: labels, options: options) { loader in
            loader.head(headName, shape: [labels.count, configuration.hiddenSize])
        }
    }

    /// Starts a reward model from a language model's body, with a fresh head.
    /// - Parameter labels: the aspects' names.
    public static func load(
        body folder: URL, labels: [String] = ["LABEL_0"], options: LoadingOptions, generator: Generator
    ) throws -> RewardModel {
        let configuration = try configuration(of: folder)
        return try load(from: folder, configuration, labels: labels, options: options) { loader in
            loader.adoptHead(
                initialHead(
                    labelCount: labels.count, hiddenSize: configuration.hiddenSize, generator: generator,
                    device: options.device),
                as: headName)
        }
    }

    private static func configuration(of folder: URL) throws -> ModelConfiguration {
        try ModelConfiguration(contentsOf: folder.appendingPathComponent(ModelFile.configuration))
    }

    private static func load(
        from folder: URL, _ configuration: ModelConfiguration, labels: [String], options: LoadingOptions,
        head: (WeightLoader) -> Tensor
    ) throws -> RewardModel {
        let loader = try WeightLoader(folder: folder, options: options.fitted(to: configuration, in: folder))
        let transformer = Transformer(
            configuration, weights: loader.scope("model"), precision: options.precision,
            device: options.device)
        let score = head(loader)
        try loader.finish { $0 == "lm_head.weight" || isDerived($0) }
        return RewardModel(transformer: transformer, scoreWeight: score, labels: labels, loader: loader)
    }
}

extension DecoderModel {
    /// Loads a trained adapter in PEFT layout into this model.
    /// - Parameters:
    ///   - dropout: what it is trained with from now on; nil for what it was trained with.
    ///   - keepingHead: whether it is a language model's adapter, and the scores' head on this model stays as it is.
    /// - Throws: `WeightError` when the adapter was made for another model.
    public func loadAdapters(
        from folder: URL, dropout: Double? = nil, keepingHead: Bool = false
    ) throws {
        var configuration = try AdapterConfiguration(
            contentsOf: folder.appendingPathComponent(ModelFile.adapterConfiguration))
        configuration.dropout = dropout ?? configuration.dropout
        if keepingHead {
            (configuration.task, configuration.modulesToSave) = (.sequenceClassification, ["score"])
        }
        let file = folder.appendingPathComponent(ModelFile.adapterWeights)
        let stored = try TensorFile.read(file)
        var used: Set<String> = []
        let take = { (name: String, shape: [Int]) throws -> Tensor in
            guard let tensor = stored[name] else { throw WeightError.missing([name], where: file.path) }
            guard tensor.shape == shape else {
                throw WeightError.wrongShape(name, expected: shape, found: tensor.shape, where: file.path)
            }
            used.insert(name)
            return tensor.to(.float32, on: self.device)
        }
        try attach(configuration) { name, layer in
            let path = "base_model.model.\(name)"
            return LowRankAdapter(
                down: try take("\(path).lora_A.weight", [configuration.rank, layer.inputSize]),
                up: try take("\(path).lora_B.weight", [layer.outputSize, configuration.rank]),
                scale: configuration.scale,
                magnitude: configuration.learnsMagnitude
                    ? try take("\(path).lora_magnitude_vector", [layer.outputSize]) : nil)
        }
        for extra in keepingHead ? [] : extraTrainable {
            let value = try take(extra.name, extra.tensor.shape)
            withoutGradients { extra.tensor.assign(value) }
        }
        let unused = Set(stored.keys).subtracting(used)
        guard unused.isEmpty else { throw WeightError.unused(Array(unused), where: file.path) }
        origin += " with \(folder.path)"
    }
}

extension WeightLoader {
    convenience init(folder: URL, options: LoadingOptions) throws {
        self.init(
            try WeightFiles(folder: folder), place: folder.path, storage: options.storage,
            device: options.device, trainability: options.trainability)
    }
}

/// Buffers that old checkpoints carry although they follow from the configuration.
private func isDerived(_ name: String) -> Bool { name.hasSuffix("rotary_emb.inv_freq") }
