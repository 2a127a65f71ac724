import LanguageModels
import Torch

/// The policy that training must not stray far from.
public enum ReferencePolicy {
    /// The trained policy with its adapters off: the same weights as before training, at no memory.
    case withoutAdapters
    case model(LanguageModel)

    /// The model whose weights it has to itself; nil where they are the policy's.
    var ownModel: LanguageModel? {
        if case .model(let model) = self { model } else { nil }
    }

    /// Scores tokens under the reference, without gradients.
    public func tokenLikelihoods(
        of batch: PackedBatch, counts: [Bool], temperature: Double = 1, policy: LanguageModel
    ) -> TokenLikelihoods {
        let score = { (model: LanguageModel) in
            model.tokenLikelihoods(of: batch, counts: counts, temperature: temperature)
        }
        return withoutGradients {
            switch self {
            case .withoutAdapters: policy.withoutAdapters { score(policy) }
            case .model(let reference): score(reference)
            }
        }
    }
}
