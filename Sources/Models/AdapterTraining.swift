import Foundation
import Settings

/// Settings of low-rank adaptation (LoRA, Hu et al. 2021): train two thin matrices beside each chosen layer instead of the
/// layer itself. Off unless a rank or an adapter to start from is given.
public struct AdapterTraining: ConfigurationSection, Equatable {
    /// Columns of A and rows of B; nil for the default of 16 where LoRA is on.
    public var rank: Int?
    /// The adapter's output is multiplied by alpha / rank.
    public var alpha = 32.0
    /// Chance that an input of the adapter is dropped in training; nil for the method's own default: 0.05
    /// in fine-tuning, none where log-probabilities are compared.
    public var dropout: Double?
    /// Names of the layers that get an adapter, or `all-linear`.
    public var targets = ["all-linear"]
    /// A PEFT folder to train further; rank, alpha and targets are then the folder's.
    public var initialAdapter: String?
    /// Rank-stabilised LoRA (Kalajdzievski 2023): the output is multiplied by alpha / √rank instead.
    public var scalesByRootOfRank = false
    /// DoRA (Liu et al. 2024): the lengths of the weights' rows are learned apart from their directions.
    public var learnsMagnitude = false
    /// Switches LoRA on or off whatever else is set; nil: on where a rank or an adapter is given.
    public var isRequested: Bool?

    public static let defaultRank = 16

    public init() {}

    /// Whether an adapter is trained, rather than all weights.
    public var isOn: Bool { isRequested ?? (rank != nil || initialAdapter != nil) }

    public enum CodingKeys: String, CodingKey {
        case rank = "lora_rank"
        case alpha = "lora_alpha"
        case dropout = "lora_dropout"
        case targets = "lora_targets"
        case initialAdapter = "init_adapter"
        case scalesByRootOfRank = "use_rslora"
        case learnsMagnitude = "use_dora"
        case isRequested = "use_peft"
    }

    public func validate() throws {
        if let rank {
            try InvalidSetting.check(rank > 0, CodingKeys.rank, expected: "at least 1", found: rank)
        }
        try InvalidSetting.check(alpha > 0, CodingKeys.alpha, expected: "a number above 0", found: alpha)
        try InvalidSetting.check(
            (0..<1).contains(dropout ?? 0), CodingKeys.dropout, expected: "a number from 0 to below 1",
            found: dropout ?? 0)
        try InvalidSetting.check(
            !targets.isEmpty, CodingKeys.targets, expected: "at least one layer's name, or all-linear",
            found: "an empty list")
    }

    /// Says whether an adapter is trained, of which rank, and with what dropout.
    public mutating func resolve() {
        isRequested = isOn
        if isOn, initialAdapter == nil { rank = rank ?? Self.defaultRank }
        dropout = dropout ?? 0
    }

    public static let synonyms: [String: ConfigurationSynonym] = [
        "lora_r": .name("lora_rank"),
        "lora_target_modules": .name("lora_targets", values: ["null": nil]),
        "lora_task_type": .ignored,
        "lora_modules_to_save": .fixed(
            ["null", "score"], why: "only a reward model's head is trained whole"),
    ]

    /// For methods that compare new log-probabilities with those of sampling, which dropout would make another network's.
    package func refuseDropout(verb: String) throws {
        let dropout = dropout ?? 0
        try InvalidSetting.check(
            dropout == 0, CodingKeys.dropout,
            expected: "0 in \(verb), whose ratios compare one network with itself", found: dropout)
    }
}
