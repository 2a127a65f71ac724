// A reference that follows the policy (Gorbatovski et al., "Learn Your Reference Model for Real Good Alignment", 2024,
// equations 4 and 5): every `ref_model_sync_steps` steps it becomes a mixture of both, or the policy itself. Every step and
// with a small share it is the exponential moving average of the policy's weights.
import Foundation
import LanguageModels
import Settings
import Torch

public struct ReferenceSynchronization: ConfigurationSection, Equatable {
    public var isOn = false
    /// The policy's share in the new reference; 1: the reference becomes the policy.
    public var mixture = 0.6
    /// Steps from one update to the next.
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

    public static let needs: [String: SettingNeed] = [
        "ref_model_mixup_alpha": .beside("sync_ref_model"), "ref_model_sync_steps": .beside("sync_ref_model"),
    ]
}

/// A reference whose weights follow those of the policy that is held to it.
public struct FollowingReference {
    private let reference: LanguageModel
    private let policy: LanguageModel
    private let settings: ReferenceSynchronization

    /// Nil where the reference stays as it is.
    /// - Throws: `InvalidSetting` where it has no weights of its own that could follow, or a model of another shape.
    public init?(
        _ settings: ReferenceSynchronization, reference: LanguageModel?, policy: LanguageModel
    ) throws {
        guard settings.isOn else { return nil }
        func weights(of model: LanguageModel) -> [String] {
            model.weights.map { "\($0.name) \($0.tensor.shape)" }
        }
        guard let reference, weights(of: reference) == weights(of: policy) else {
            throw InvalidSetting(
                ReferenceSynchronization.CodingKeys.isOn.stringValue,
                expected: "a reference of the policy's shape, which can become what the policy is",
                found: reference.map { "\($0.origin), a model of another" } ?? "none of its own")
        }
        (self.reference, self.policy, self.settings) = (reference, policy, settings)
    }

    /// - Parameter step: the number of the step that was just taken.
    public func update(after step: Int) {
        guard step.isMultiple(of: settings.interval) else { return }
        withoutGradients {
            for (mine, theirs) in zip(reference.weights, policy.mergedWeights) {
                mine.tensor.assign(
                    mine.tensor.to(.float32) * (1 - settings.mixture) + theirs.tensor * settings.mixture)
            }
        }
    }

    private static func file(in folder: URL) -> URL {
        folder.appendingPathComponent("reference.safetensors")
    }

    public func save(to folder: URL) throws {
        try TensorFile.write(reference.weights, to: Self.file(in: folder))
    }

    public func restore(from folder: URL) throws {
        try TensorFile.restore(reference.weights, from: Self.file(in: folder))
    }
}
