import Foundation
import JSON

/// A low-rank adapter as PEFT's `adapter_config.json` states it.
///
/// Variants that compute something else (per-layer ranks, quantisation-aware starts) are errors that
/// name them.
public struct AdapterConfiguration: Codable, Equatable, Sendable {
    /// Which biases were trained with the adapter.
    public enum Bias: String, Codable, Sendable {
        case none
        case all
        /// Those of the adapted layers only.
        case adaptedLayers = "lora_only"
    }

    public enum Task: String, Codable, Sendable {
        case causalLanguageModel = "CAUSAL_LM"
        case sequenceClassification = "SEQ_CLS"
    }

    /// `r`.
    public var rank: Int
    /// `lora_alpha`.
    public var alpha: Double
    /// `lora_dropout`, a probability below 1.
    public var dropout: Double
    /// `target_modules`: the last parts of the names of the adapted layers, such as `q_proj`.
    public var targetModules: Set<String>
    public var bias: Bias
    /// `task_type`.
    public var task: Task?
    /// `base_model_name_or_path`.
    public var baseModel: String?
    /// `modules_to_save`: layers trained and stored whole, such as `score`.
    public var modulesToSave: [String]
    /// `use_rslora`.
    public var scalesByRootOfRank: Bool
    /// `use_dora`: the lengths of the weights' rows are learned apart from their directions (Liu et al. 2024).
    public var learnsMagnitude: Bool

    public static let largestRank = 1 << 14

    /// What the low-rank product is multiplied by: `alpha / rank`, or `alpha / √rank` for rank-stabilised
    /// adapters (Kalajdzievski 2023, eq. 7).
    public var scale: Double { alpha / (scalesByRootOfRank ? Double(rank).squareRoot() : Double(rank)) }

    public init(
        rank: Int, alpha: Double, dropout: Double = 0, targetModules: Set<String>, bias: Bias = .none,
        task: Task? = .causalLanguageModel, baseModel: String? = nil, modulesToSave: [String] = [],
        scalesByRootOfRank: Bool = false, learnsMagnitude: Bool = false
    ) {
        self.rank = rank
        self.alpha = alpha
        self.dropout = dropout
        self.targetModules = targetModules
        self.bias = bias
        self.task = task
        self.baseModel = baseModel
        self.modulesToSave = modulesToSave
        self.scalesByRootOfRank = scalesByRootOfRank
        self.learnsMagnitude = learnsMagnitude
    }

    /// Reads an `adapter_config.json`.
    public init(contentsOf file: URL) throws {
        self = try ConfigurationFields.read(file) { try AdapterConfiguration($0) }
    }

    /// Writes an `adapter_config.json` that PEFT loads.
    public func write(to file: URL) throws {
        try validate()
        try ConfigurationFields(members).write(to: file)
    }

    public init(from decoder: any Decoder) throws {
        try self.init(ConfigurationFields(from: decoder))
    }

    public func encode(to encoder: any Encoder) throws {
        try ConfigurationFields(members).encode(to: encoder)
    }

    public func validate() throws {
        let json = ConfigurationFields([:])
        guard (1...Self.largestRank).contains(rank) else {
            throw json.malformed("r", expected: "a rank from 1 to \(Self.largestRank)", found: "\(rank)")
        }
        guard alpha > 0, alpha.isFinite else {
            throw json.malformed("lora_alpha", expected: "a positive number", found: "\(alpha)")
        }
        guard (0..<1).contains(dropout) else {
            throw json.malformed("lora_dropout", expected: "0 or more and below 1", found: "\(dropout)")
        }
        guard !targetModules.isEmpty else {
            throw json.malformed("target_modules", expected: "at least one layer name", found: "none")
        }
    }

    private init(_ json: ConfigurationFields) throws {
        try Self.refuseWhatIsNotImplemented(json)
        self.init(
            rank: try json.required("r", json.integer),
            alpha: try json.required("lora_alpha", json.number),
            dropout: try json.number("lora_dropout") ?? 0,
            targetModules: Set(try json.required("target_modules", json.strings)),
            bias: try Self.choice("bias", json) ?? .none,
            task: try Self.choice("task_type", json),
            baseModel: try json.string("base_model_name_or_path"),
            modulesToSave: try json.strings("modules_to_save") ?? [],
            scalesByRootOfRank: try json.boolean("use_rslora") ?? false,
            learnsMagnitude: try json.boolean("use_dora") ?? false)
        try validate()
    }

    private static func choice<Choice: RawRepresentable<String>>(_ key: String, _ json: ConfigurationFields)
        throws
        -> Choice?
    {
        guard let name = try json.string(key) else { return nil }
        guard let choice = Choice(rawValue: name) else {
            throw json.unsupported(
                key, expected: "a value this adapter format shares with PEFT's LoRA", found: quoted(name))
        }
        return choice
    }

    private static func refuseWhatIsNotImplemented(_ json: ConfigurationFields) throws {
        let type = try json.required("peft_type", json.string)
        guard type == "LORA" else {
            throw json.unsupported("peft_type", expected: "LORA", found: quoted(type))
        }
        // Also those that no version of PEFT had when this was written.
        try json.refuse(
            json.members.keys.filter { !keysWithoutEffect.contains($0) && !keysRead.contains($0) })
        // These starting points change the base weights too, which the adapter's file does not hold.
        let changesBase = ["pissa", "olora", "corda", "loftq", "lora_ga"]
        if let start = json["init_lora_weights"]?.string,
            changesBase.contains(where: start.lowercased().hasPrefix)
        {
            throw json.unsupported(
                "init_lora_weights", expected: "a start that keeps the base weights", found: quoted(start))
        }
    }

    private static let keysRead: Set = [
        "peft_type", "r", "lora_alpha", "lora_dropout", "target_modules", "bias", "task_type",
        "base_model_name_or_path", "modules_to_save", "use_rslora", "use_dora", "init_lora_weights",
    ]

    /// They say how the adapter came about, or set what another key, refused by itself, turns on.
    private static let keysWithoutEffect: Set = [
        "auto_mapping", "peft_version", "revision", "inference_mode", "runtime_config", "loftq_config",
        "eva_config", "corda_config", "lora_ga_config", "megatron_core", "qalora_group_size",
        "ensure_weight_tying",
    ]

    private var members: JSONObject {
        [
            "peft_type": .string("LORA"),
            "r": .integer(rank),
            "lora_alpha": Int(exactly: alpha).map(JSONValue.integer) ?? .number(alpha),
            "lora_dropout": .number(dropout),
            "target_modules": .array(targetModules.sorted().map(JSONValue.string)),
            "bias": .string(bias.rawValue),
            "task_type": task.map { .string($0.rawValue) } ?? .null,
            "base_model_name_or_path": baseModel.map(JSONValue.string) ?? .null,
            "modules_to_save": modulesToSave.isEmpty ? .null : .array(modulesToSave.map(JSONValue.string)),
            "use_rslora": .boolean(scalesByRootOfRank),
            "use_dora": .boolean(learnsMagnitude),
            "fan_in_fan_out": .boolean(false),
            "init_lora_weights": .boolean(true),
            "inference_mode": .boolean(true),
        ]
    }
}
