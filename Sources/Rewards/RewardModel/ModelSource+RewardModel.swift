import Checkpoints
import Files
import Foundation
import LanguageModels
import Models
import Settings

extension ModelSource {
    /// Where the reward model's own files are: beside its head.
    private var rewardFolder: URL { folders.adapter ?? folders.base }

    package func rewardDescription() throws -> RewardDescription {
        let labels = folders.adapter == nil ? try configuration().labels : nil
        guard let description = try RewardDescription(in: rewardFolder) else {
            return RewardDescription(aspects: labels ?? ["LABEL_0"])
        }
        guard labels == nil || labels?.count == description.aspects.count else {
            throw MalformedFile(
                rewardFolder.appendingPathComponent(RewardDescription.file), key: "aspects",
                expected: "\(labels?.count ?? 0) names, as the model has labels",
                found: "\(description.aspects.count)")
        }
        return description
    }

    /// Copies what a reward model knows besides its weights; of a language model nothing.
    package func copyRewardFiles(to folder: URL) throws {
        for name in [RewardDescription.file, GroupHeads.file] {
            let file = rewardFolder.appendingPathComponent(name)
            guard FileSystem.exists(file) else { continue }
            try AtomicFile.write(FileSystem.read(file), to: folder.appendingPathComponent(name))
        }
    }

    /// A reward model on this model's body, ready to be trained; its head is new where the folder has none.
    /// - Parameter aspects: what it is to score; empty: what it scores already, or one thing.
    public func loadTrainableRewardModel(
        _ adapters: AdapterTraining, aspects: [String] = [], on computation: Computation
    ) throws -> RewardModel {
        let labels = try rewardLabels(aspects, adapter: adapters.initialFolder)
        let trains = adapters.isOn || folders.adapter != nil
        let options = LoadingOptions(
            precision: computation.precision, device: computation.device,
            trainability: trains ? .adapters : .full)
        let model =
            try configuration().labelCount == nil
            ? RewardModel.load(
                body: folders.base, labels: labels, options: options,
                generator: computation.generator("reward head"))
            : RewardModel.load(from: folders.base, options: options)
        if trains { try attach(adapters, to: model, task: .sequenceClassification, on: computation) }
        try check(model)
        return model
    }

    /// A trained reward model: a folder of its own, or an adapter with a head on a language model.
    public func loadRewardModel(on computation: Computation) throws -> RewardModel {
        try requireAdapter(for: .sequenceClassification)
        let isInBytes = computation.precision == .int8
        let options = LoadingOptions(
            precision: computation.precision, device: computation.device, onlyGenerates: isInBytes)
        let model: RewardModel
        if let adapter = folders.adapter {
            model = try RewardModel.load(
                body: folders.base, labels: rewardDescription().aspects, options: options,
                generator: computation.generator("reward head"))
            try model.loadAdapters(from: adapter)
        } else {
            model = try RewardModel.load(from: folders.base, options: options)
        }
        try check(model)
        if isInBytes { model.packWeights() }
        return model
    }

    /// The labels of a head for these aspects.
    /// - Parameter adapter: one to train further, which brings its head.
    /// - Throws: `InvalidSetting` where there is a head for others already.
    package func rewardLabels(_ aspects: [String], adapter: URL?) throws -> [String] {
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

    /// A trained reward model with the heads of its groups.
    package func loadWithGroups(on computation: Computation) throws -> TrainedRewardModel {
        let model = try loadRewardModel(on: computation)
        let description = try rewardDescription()
        guard let groups = description.groups else {
            return TrainedRewardModel(model, description: description)
        }
        let heads = GroupHeads(
            names: groups.names, aspectCount: description.aspects.count,
            hiddenSize: model.configuration.hiddenSize, device: model.device)
        try heads.restore(from: rewardFolder)
        return TrainedRewardModel(model, description: description, groups: heads)
    }
}
