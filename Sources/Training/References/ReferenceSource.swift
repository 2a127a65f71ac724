import Foundation
import LanguageModels
import Models
import Runs

/// Which model the reference is, and how it comes to be there.
public struct ReferenceSource {
    /// What run.json hashes, where the reference is another model than the policy.
    public let inputs: [(role: String, url: URL)]
    private let source: ModelSource
    private let adapter: URL?
    /// Whether it is the policy with its adapters switched off: no memory, no loading.
    private let isPolicyWithoutAdapters: Bool
    private let computation: Computation

    /// - Parameter argument: a model, or nil for the policy as it is before training.
    public init(
        _ argument: String?, policy: ModelSource, adapters: AdapterTraining, on computation: Computation
    ) throws {
        self.computation = computation
        let trainsAdapters = adapters.isOn || policy.folders.adapter != nil
        if let argument {
            source = try ModelSource(
                argument, role: "reference", on: computation, tokenizer: policy.tokenizer)
            adapter = source.folders.adapter
            inputs = source.inputs(role: "reference")
        } else {
            source = policy
            adapter = adapters.initialFolder ?? policy.folders.adapter
            inputs = trainsAdapters && adapter == nil ? [] : policy.inputs(role: "reference")
        }
        // The model beneath the adapters that are trained is the policy with them switched off. A policy that starts from
        // an adapted model, or is trained in full, keeps nothing of its start: that takes a copy.
        isPolicyWithoutAdapters =
            trainsAdapters && adapter == nil
            && source.folders.base.resolvingSymlinksInPath()
                == policy.folders.base.resolvingSymlinksInPath()
    }

    /// - Parameter following: whether its weights are going to change: they are then its own, adapters merged in, and kept in
    ///   fp32, in which small steps are not lost.
    public func load(following: Bool = false) throws -> ReferencePolicy {
        guard following || !isPolicyWithoutAdapters else { return .withoutAdapters }
        let model = try source.loadFrozen(on: computation, adapter: adapter, keepingPrecision: following)
        if following { model.mergeAdapters() }
        return .model(model)
    }

    /// The hash of what the reference is made of.
    package func contentHash() throws -> String {
        try ([source.folders.base] + [adapter].compactMap { $0 }).map { try ContentHash.sha256(of: $0) }
            .joined(separator: " ")
    }
}

extension ReferenceSource {
    /// The reference's log-probabilities, asked while the policy learns, or measured now for all rows.
    public func logProbabilities<Row: PromptedRow>(
        policy: LanguageModel, precomputedFor rows: [Row]?, batchSize: Int, following: Bool = false
    ) throws -> ReferenceLogProbabilities<Row> {
        let asked = ReferenceLogProbabilities<Row>(try load(following: following), policy: policy)
        guard let rows else { return asked }
        return try asked.recorded(
            for: rows, batchSize: batchSize, identity: contentHash(), on: computation)
    }
}
