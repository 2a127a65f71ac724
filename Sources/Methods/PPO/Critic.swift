// The critic of PPO: a scalar head on the policy's hidden states, or a network of its own.
//
// A head learns in the policy's optimizer, and its gradients reach the policy's weights. A network, and a head that has a
// learning rate or a warm-up of its own, has an optimizer of its own: its own moments, schedule and clipping.
import Files
import Foundation
import LanguageModels
import Torch
import Training

/// What predicts the score still to come before every token of a response.
final class Critic {
    enum Form {
        case head(ValueHead)
        /// Its scores are the values. Saved with everything that a folder needs to be used again.
        case network(RewardModel, finishing: (URL) throws -> Void)
    }

    private let form: Form
    /// Takes its steps; nil where the policy's does.
    private let learner: Learner?

    /// - Parameter learner: of ``parameters(of:)``; nil where the policy's takes its steps.
    init(_ form: Form, learner: Learner? = nil) {
        self.form = form
        self.learner = learner
    }

    static func parameters(of form: Form) -> [NamedTensor] {
        switch form {
        case .head(let head): head.parameters
        case .network(let network, _): network.trainableParameters
        }
    }

    /// Those that the policy's optimizer has to take along.
    var sharedParameters: [NamedTensor] { learner == nil ? Self.parameters(of: form) : [] }
    /// Whether it reads the policy's hidden states.
    var isHead: Bool { if case .head = form { true } else { false } }

    /// Values before the counted tokens of a batch, [C], fp32.
    /// - Parameter states: the policy's hidden states there, [C, H], for a head.
    func values(of batch: RolloutBatch, states: Tensor?) -> Tensor {
        switch form {
        case .head(let head):
            guard let states else { preconditionFailure("a head without hidden states to read") }
            return head(states)
        case .network(let network, _):
            return network.values(of: batch.packed, counts: batch.counts)
        }
    }

    /// Takes a step with the gradients that there are.
    /// - Returns: what its optimizer did; nothing where the policy's takes the step.
    func update(loss: Double) throws -> Metrics {
        guard let learner else { return Metrics() }
        let taken = try learner.update(loss: loss, Metrics())
        var metrics = Metrics()
        metrics["critic/grad_norm"] = taken["grad_norm"]
        metrics["critic/learning_rate"] = taken["learning_rate"]
        return metrics
    }

    func skipUpdate() { learner?.skipUpdate() }

    // MARK: Saving

    private static func headFile(in folder: URL) -> URL {
        folder.appendingPathComponent("value_head.safetensors")
    }

    private static func networkFolder(in folder: URL) -> URL {
        folder.appendingPathComponent("critic", isDirectory: true)
    }

    private static func optimizerFolder(in folder: URL) -> URL {
        folder.appendingPathComponent("critic-optimizer", isDirectory: true)
    }

    /// Takes the head that a former run of PPO left beside the policy in `folder`; its file, where there is one.
    func takeHead(from folder: URL) throws -> URL? {
        let file = Self.headFile(in: folder)
        guard isHead, FileSystem.exists(file) else { return nil }
        try restore(from: folder)
        return file
    }

    func save(to folder: URL) throws {
        switch form {
        case .head(let head): try TensorFile.write(head.parameters, to: Self.headFile(in: folder))
        case .network(let network, let finish):
            let folder = Self.networkFolder(in: folder)
            try FileSystem.createFolder(folder)
            try network.saveTrained(to: folder)
            try finish(folder)
        }
    }

    func restore(from folder: URL) throws {
        switch form {
        case .head(let head): try TensorFile.restore(head.parameters, from: Self.headFile(in: folder))
        case .network(let network, _): try network.restoreTrained(from: Self.networkFolder(in: folder))
        }
    }

    func saveOptimizer(to folder: URL) throws {
        guard let learner else { return }
        try FileSystem.createFolder(Self.optimizerFolder(in: folder))
        try learner.save(to: Self.optimizerFolder(in: folder))
    }

    func restoreOptimizer(from folder: URL) throws {
        try learner?.restore(from: Self.optimizerFolder(in: folder))
    }
}
