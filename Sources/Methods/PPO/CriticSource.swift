import Foundation
import LanguageModels
import Models
import Rewards
import Settings
import Torch
import Training

/// Where the critic's weights come from: found and checked before a run begins, loaded once the policy is there.
struct CriticSource {
    /// What run.json hashes, where it is another model than those of the run.
    let inputs: [(role: String, url: URL)]
    private let configuration: CriticConfiguration
    private let training: TrainingConfiguration
    private let adapters: AdapterTraining
    private let policy: ModelSource
    /// Nil for a head.
    private let source: ModelSource?
    private let computation: Computation

    /// - Throws: `InvalidSetting` for a model that cannot be a critic of this policy.
    init(_ settings: TrainingSettings<PPO>, policy: ModelSource, context: RunContext) throws {
        (configuration, training) = (settings.method.critic, settings.training)
        (adapters, self.policy, computation) = (settings.adapters, policy, context.computation)
        switch configuration.origin {
        case .head: source = nil
        case .policy: source = policy
        case .rewardModel:
            source = try Self.model(
                settings.method.rewards.rewardModel.map(RewardModelSource.path), policy, on: computation)
        case .model(let argument): source = try Self.model(argument, policy, on: computation)
        }
        inputs = configuration.model == nil ? [] : source?.inputs(role: "critic") ?? []
    }

    private static func model(
        _ argument: String?, _ policy: ModelSource, on computation: Computation
    ) throws -> ModelSource {
        func check(_ condition: Bool, expected: String, found: @autoclosure () -> String) throws {
            try InvalidSetting.check(
                condition, CriticConfiguration.CodingKeys.origin, expected: expected, found: found())
        }
        let name = argument ?? ""
        try check(
            !RewardModelSource.isEnsemble(name), expected: "one model, such as a member of the ensemble",
            found: "the ensemble \(name)")
        let source = try ModelSource(argument, role: "critic", on: computation)
        let aspects = source.isRewardModel ? try source.rewardDescription().aspects : []
        try check(
            aspects.count <= 1, expected: "a reward model of one aspect, or policy",
            found: "\(name), which scores \(aspects.joined(separator: ", "))")
        let strange = (0..<policy.tokenizer.vocabularySize).first {
            policy.tokenizer.token(of: $0) != source.tokenizer.token(of: $0)
        }
        try check(
            strange == nil, expected: "a model with the policy's tokenizer, whose tokens it reads",
            found: "\(name), where token \(strange ?? 0) is another")
        return source
    }

    /// - Parameter updates: optimizer steps of the run.
    func critic(for model: LanguageModel, updates: Int) throws -> Critic {
        let form = try form(for: model)
        guard configuration.learnsApart else { return Critic(form) }
        var training = training
        training.learningRate = configuration.learningRate ?? training.learningRate
        return Critic(form, learner: Learner(Critic.parameters(of: form), training, totalSteps: updates))
    }

    private func form(for model: LanguageModel) throws -> Critic.Form {
        guard let source else {
            return .head(ValueHead(hiddenSize: model.configuration.hiddenSize, device: model.device))
        }
        let network = try network(of: source, model)
        network.transformer.recomputesActivations = training.recomputesActivations
        return .network(network) { [policy] in try policy.copyTokenizer(to: $0) }
    }

    /// The network, which learns as the policy does: in full, by the adapter that it has, or by a new one of the policy's shape.
    private func network(of source: ModelSource, _ model: LanguageModel) throws -> RewardModel {
        let isPolicy = configuration.origin == .policy
        let adapter = (isPolicy ? adapters.initialFolder : nil) ?? source.folders.adapter
        if let adapter, isPolicy || !source.isRewardModel { return try body(of: source, adapter) }
        var own = AdapterTraining()
        if adapter == nil, let shape = model.adapterConfiguration {
            own = adapters
            (own.initialAdapter, own.isRequested, own.rank) = (nil, true, shape.rank)
        }
        let network = try source.loadTrainableRewardModel(own, on: computation)
        if adapter == nil, !source.isRewardModel { network.clearHead() }
        return network
    }

    /// A language model's body beneath its own adapter, which learns further, and a head that says 0.
    private func body(of source: ModelSource, _ adapter: URL) throws -> RewardModel {
        let network = try RewardModel.load(
            body: source.folders.base,
            options: LoadingOptions(
                precision: computation.precision, device: computation.device, trainability: .adapters),
            generator: computation.generator("critic head"))
        try network.loadAdapters(from: adapter, keepingHead: true)
        network.clearHead()
        return network
    }
}
