// A reference that follows the policy (Gorbatovski et al., "Learn Your Reference Model for Real Good Alignment", 2024,
// equations 4 and 5): every `ref_model_sync_steps` steps it becomes a mixture of both, or the policy itself.
import LanguageModels
import Settings
import Torch

public struct ReferenceSynchronization: ConfigurationSection, Equatable {
    public var isOn = false
    /// The policy's share in the new reference; 1: the reference becomes the policy.
    public var mixture = 0.6
    /// Optimizer steps from one update to the next.
    public var interval = 512

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case isOn = "sync_ref_model"
        case mixture = "ref_model_mixup_alpha"
        case interval = "ref_model_sync_steps"
    }

    public static let ranges: [String: SettingRange] = [
        "ref_model_mixup_alpha": .share, "ref_model_sync_steps": .atLeast(1),
    ]

    /// - Parameter step: the number of the optimizer step that was just taken.
    func update(_ reference: LanguageModel, from policy: LanguageModel, after step: Int) {
        guard step.isMultiple(of: interval) else { return }
        withoutGradients {
            for (mine, theirs) in zip(reference.weights, policy.weights) {
                mine.tensor.assign(mine.tensor.to(.float32) * (1 - mixture) + theirs.tensor * mixture)
            }
        }
    }

    /// - Throws: `InvalidSetting` where the reference has no weights of its own that could follow.
    func check(_ reference: LanguageModel?, policy: LanguageModel) throws {
        guard isOn else { return }
        guard reference != nil, policy.adapterConfiguration == nil else {
            throw InvalidSetting(
                CodingKeys.isOn.stringValue,
                expected: "false with adapters: only a policy trained in full has weights to hand over",
                found: "true")
        }
    }
}
