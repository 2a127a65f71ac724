import Files
import Foundation
import LanguageModels
import Torch
import TorchNN

/// The parameters that learn, with optimizer, schedule and clipping: everything between gradients and new weights.
public final class Learner {
    public let totalSteps: Int
    /// Optimizer steps done.
    public private(set) var stepsDone = 0
    /// Those that had nothing to learn from.
    private var stepsSkipped = 0
    /// Tokens that went through training so far, prompts included.
    public var tokensSeen = 0
    private let optimizer: any Optimizer
    /// Of Muon, at its peak; nil where AdamW alone is used.
    private let muonLearningRate: Double?
    private let schedule: LearningRateSchedule
    private let maximumGradientNorm: Double

    /// - Parameters:
    ///   - addsGradients: whether several backward passes come before an update; their sum needs fp32 where a single gradient
    ///     does not.
    ///   - muon: how the matrices of the layers learn; nil: as all else.
    public init(
        _ parameters: [NamedTensor], _ configuration: TrainingConfiguration, totalSteps: Int,
        addsGradients: Bool = true, muon: Muon.Configuration? = nil
    ) {
        self.totalSteps = totalSteps
        parameters.forEach { $0.tensor.keepGradientType(!addsGradients) }
        muonLearningRate = muon?.learningRate
        optimizer = Self.optimizer(parameters, configuration, muon: muon)
        schedule = configuration.learningRateSchedule(totalSteps: totalSteps)
        maximumGradientNorm = configuration.maximumGradientNorm
    }

    private static func optimizer(
        _ parameters: [NamedTensor], _ configuration: TrainingConfiguration, muon: Muon.Configuration?
    ) -> any Optimizer {
        let byMuon = muon == nil ? [] : parameters.filter(\.isMatrixOfLayer)
        let names = Set(byMuon.map(\.name))
        let adamW = AdamW(
            parameters.filter { !names.contains($0.name) }.map { ($0.name, $0.tensor) },
            configuration: AdamW.Configuration(
                beta1: configuration.adamBeta1, beta2: configuration.adamBeta2,
                epsilon: configuration.adamEpsilon,
                weightDecay: configuration.weightDecay))
        guard let muon else { return adamW }
        return MuonWithAdamW(Muon(byMuon.map { ($0.name, $0.tensor) }, configuration: muon), adamW)
    }

    /// Takes one step with the gradients that backward has left, and clears them.
    ///
    /// - Returns: `metrics` with loss, gradient norm (before clipping), learning rate and token count.
    /// - Throws: `NotFinite` when loss or gradient is no number; no weight has changed then.
    public func update(loss: Double, _ metrics: Metrics) throws -> Metrics {
        defer { optimizer.clearGradients() }
        guard loss.isFinite else { throw NotFinite(what: "the loss is \(loss)") }
        let step = stepsDone + stepsSkipped
        let (learningRate, share) = (schedule.rate(at: step), schedule.share(at: step))
        let norm: Double
        do {
            norm = try optimizer.step(
                learningRate: learningRate, share: share, maximumGradientNorm: maximumGradientNorm)
        } catch let error as NonFiniteGradientError {
            throw NotFinite(what: error.description)
        }
        stepsDone += 1
        var measured = Metrics([
            "loss": loss, "grad_norm": norm, "learning_rate": learningRate,
            "num_tokens": Double(tokensSeen),
        ])
        measured["muon_learning_rate"] = muonLearningRate.map { $0 * share }
        return metrics.following(measured)
    }

    /// Forgets the gradients that a trial has left.
    func clearGradients() { optimizer.clearGradients() }

    /// Leaves out an optimizer step that has nothing to learn from: no weight and no moment changes, and the learning rate
    /// still reaches its end.
    public func skipUpdate() { stepsSkipped += 1 }

    /// Training has diverged.
    package struct NotFinite: Error, CustomStringConvertible {
        let what: String

        package var description: String { what }
    }

    // MARK: Saving

    private struct State: Codable {
        let stepsDone: Int
        let tokensSeen: Int
        /// Missing where there were none.
        let stepsSkipped: Int?
    }

    private struct UnusableState: Error, CustomStringConvertible {
        let description: String
    }

    private static let momentsFile = "optimizer.safetensors"
    private static let stateFile = "optimizer.json"

    package func save(to folder: URL) throws {
        let moments = optimizer.state.moments.map { NamedTensor(name: $0.key, tensor: $0.value) }
        try TensorFile.write(
            moments.sorted { $0.name < $1.name }, to: folder.appendingPathComponent(Self.momentsFile))
        let state = State(
            stepsDone: stepsDone, tokensSeen: tokensSeen, stepsSkipped: stepsSkipped > 0 ? stepsSkipped : nil)
        try AtomicFile.write(encoding: state, to: folder.appendingPathComponent(Self.stateFile))
    }

    package func restore(from folder: URL) throws {
        let data = try Data(contentsOf: folder.appendingPathComponent(Self.stateFile))
        let state = try JSONDecoder().decode(State.self, from: data)
        let counts = [state.stepsDone, state.tokensSeen, state.stepsSkipped ?? 0]
        guard counts.allSatisfy({ 0...(1 << 53) ~= $0 }) else {
            throw UnusableState(description: "\(Self.stateFile): one of its numbers is out of range")
        }
        let moments = try TensorFile.read(folder.appendingPathComponent(Self.momentsFile))
        try optimizer.restore(OptimizerState(stepCount: state.stepsDone, moments: moments))
        stepsDone = state.stepsDone
        tokensSeen = state.tokensSeen
        stepsSkipped = state.stepsSkipped ?? 0
    }
}

extension TrainingConfiguration {
    /// The learning rate of every step of a run.
    func learningRateSchedule(totalSteps: Int) -> LearningRateSchedule {
        let warmup = warmupSteps(of: totalSteps)
        let curve: LearningRateSchedule.Curve =
            switch schedule {
            case .constant: warmup > 0 ? .constantWithWarmup : .constant
            case .linear: .linear
            case .cosine: .cosine()
            case .cosineWithMinimum: .cosineWithMinimum(minimumShare)
            case .warmupStableDecay:
                .warmupStableDecay(
                    decaySteps: (decaySteps ?? Self.defaultDecaySteps).steps(of: totalSteps) ?? 0,
                    decay: decaySlope ?? .cosine, minimum: minimumShare, warmup: warmupSlope ?? .linear)
            }
        return LearningRateSchedule(curve, base: peak, warmupSteps: warmup, totalSteps: totalSteps)
    }

    /// The learning rate as it was resolved.
    private var peak: Double {
        guard let learningRate else { preconditionFailure("training by settings that were not resolved") }
        return learningRate
    }

    private var minimumShare: Double {
        minimumLearningRateShare ?? (peak > 0 ? (minimumLearningRate ?? 0) / peak : 0)
    }

    /// Optimizer steps of a run over `stepsPerEpoch`: those asked for, or else those of the epochs.
    package func totalSteps(stepsPerEpoch: Int) -> Int {
        maximumSteps
            ?? max(
                1, Int(((epochs ?? Self.defaultEpochs) * Double(stepsPerEpoch)).rounded(.up)))
    }

    /// The longest fall that was found to be good, and the best where a run is short (nanochat, 2026).
    package static let defaultDecaySteps = StepInterval.share(0.65)
}

extension NamedTensor {
    /// Whether this is a matrix of a block, which embeddings and heads are not.
    var isMatrixOfLayer: Bool { tensor.rank == 2 && name.contains("layers.") }
}
