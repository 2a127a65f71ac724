import Foundation
import LanguageModels

/// Which model the reference is, and how it comes to be there.
struct ReferenceSource {
    private let source: ModelSource?
    private let adapter: URL?
    private let context: JobContext

    /// - Parameter argument: a model, or nil for the policy as it is before training.
    init(_ argument: String?, policy: ModelSource, adapters: AdapterTraining, context: JobContext) throws {
        self.context = context
        if let argument {
            source = try ModelSource(
                argument, role: "reference", context: context, tokenizer: policy.tokenizer)
            adapter = nil
        } else {
            // Fresh adapters switched off are the policy before training. One that goes on with a trained adapter starts
            // from the adapted model, and one trained in full keeps nothing of its start: both need a copy.
            adapter = adapters.initialFolder ?? policy.folders.adapter
            source = adapters.isOn && adapter == nil ? nil : policy
        }
    }

    var inputs: [(role: String, url: URL)] { source?.inputs(role: "reference") ?? [] }

    func load() throws -> ReferencePolicy {
        guard let source else { return .withoutAdapters }
        return .model(try source.loadFrozen(context: context, adapter: adapter))
    }
}
