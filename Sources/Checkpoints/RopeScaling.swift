import Foundation
import JSON

/// A change of the rotary frequencies that stretches a model beyond the positions it was first trained on.
public enum RopeScaling: Equatable, Sendable {
    /// Every position divided by `factor`.
    case linear(factor: Double)
    /// Llama 3.1: long wavelengths divided by `factor`, short ones kept, those between blended.
    case llama3(
        factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalMaximumPositions: Int
    )
    /// A greater θ for every token that a sequence is longer than the model's positions.
    case dynamic(factor: Double)
    /// Peng et al., "YaRN", 2023: frequencies that turn less than `slowTurns` within the original positions are divided
    /// by the factor, those that turn more than `fastTurns` kept, those between blended.
    case yarn(Yarn)
    /// Ding et al., "LongRoPE", 2024: a divisor for each frequency, of which there are two sets.
    case longrope(LongRope)

    public struct Yarn: Equatable, Sendable {
        public var factor: Double
        public var originalMaximumPositions: Int
        public var fastTurns = 32.0
        public var slowTurns = 1.0
        /// Whether the range between is rounded outwards to whole dimensions.
        public var rounds = true
        /// By what cosine and sine are multiplied; nil: by what the factor gives.
        public var attentionFactor: Double?

        public init(factor: Double, originalMaximumPositions: Int) {
            self.factor = factor
            self.originalMaximumPositions = originalMaximumPositions
        }
    }

    public struct LongRope: Equatable, Sendable {
        /// For sequences within the original positions, and for longer ones.
        public var short: [Double]
        public var long: [Double]
        public var originalMaximumPositions: Int
        /// How often the original positions fit into those of the model.
        public var factor: Double
        /// By what cosine and sine are multiplied; nil: by what the factor gives.
        public var attentionFactor: Double?

        public init(
            short: [Double], long: [Double], originalMaximumPositions: Int, factor: Double,
            attentionFactor: Double? = nil
        ) {
            self.short = short
            self.long = long
            self.originalMaximumPositions = originalMaximumPositions
            self.factor = factor
            self.attentionFactor = attentionFactor
        }
    }

    /// Whether the frequencies of a sequence depend on how long it is.
    public var dependsOnLength: Bool {
        switch self {
        case .dynamic, .longrope: true
        case .linear, .llama3, .yarn: false
        }
    }

    /// - Parameter frequencyCount: the frequencies that are scaled, half of the dimensions that rotate.
    func validate(frequencyCount: Int) throws {
        let (numbers, isOrdered): ([Double], Bool) =
            switch self {
            case .linear(let factor), .dynamic(let factor): ([factor], true)
            case .llama3(let factor, let low, let high, let positions):
                ([factor, low, high, Double(positions)], low < high)
            case .yarn(let yarn):
                (
                    [
                        yarn.factor, yarn.fastTurns, yarn.slowTurns, Double(yarn.originalMaximumPositions),
                        yarn.attentionFactor ?? 1,
                    ], true
                )
            case .longrope(let rope):
                (
                    rope.short + rope.long
                        + [rope.factor, Double(rope.originalMaximumPositions), rope.attentionFactor ?? 1],
                    true
                )
            }
        guard numbers.allSatisfy({ $0 > 0 && $0.isFinite }), isOrdered else {
            throw ConfigurationFields([:]).malformed(
                "rope_parameters", expected: "positive factors, the low-frequency one below the high",
                found: "\(numbers)")
        }
        if case .dynamic = self, frequencyCount < 2 {
            throw ConfigurationFields([:], in: "rope_parameters").malformed(
                "rope_type", expected: "another than dynamic for heads of which two dimensions rotate",
                found: "dynamic")
        }
        guard case .longrope(let rope) = self else { return }
        // Attention is scaled by a division by its logarithm.
        guard rope.originalMaximumPositions > 1 else {
            throw ConfigurationFields([:], in: "rope_parameters").malformed(
                "original_max_position_embeddings", expected: "at least 2", found: "1")
        }
        for (name, factors) in [("short_factor", rope.short), ("long_factor", rope.long)]
        where factors.count != frequencyCount {
            throw ConfigurationFields([:], in: "rope_parameters").malformed(
                name, expected: "\(frequencyCount) factors, one a frequency", found: "\(factors.count)")
        }
    }
}

// MARK: - config.json

extension RopeScaling {
    /// - Parameters:
    ///   - json: `rope_parameters` or `rope_scaling`.
    ///   - positions: `max_position_embeddings`, and `original_max_position_embeddings` of the file around it.
    init?(
        _ json: ConfigurationFields, positions: Int, originalPositions: Int?,
        family: ModelConfiguration.Family
    ) throws {
        try json.refuse("mrope_section", "mrope_interleaved")
        let key = json["rope_type"] == nil ? "type" : "rope_type"
        let original = try originalPositions ?? json.integer("original_max_position_embeddings") ?? positions
        var type = try json.string(key) ?? "default"
        // What the first files of Phi-3 called it.
        if family == .phi3, ["su", "yarn"].contains(type) { type = "longrope" }
        switch type {
        case "default": return nil
        case "linear": self = .linear(factor: try json.required("factor", json.number))
        case "dynamic": self = .dynamic(factor: try json.required("factor", json.number))
        case "llama3":
            self = .llama3(
                factor: try json.required("factor", json.number),
                lowFrequencyFactor: try json.required("low_freq_factor", json.number),
                highFrequencyFactor: try json.required("high_freq_factor", json.number),
                originalMaximumPositions: original)
        case "yarn": self = .yarn(try Yarn(json, positions: positions, original: original))
        case "longrope":
            self = .longrope(
                LongRope(
                    short: try json.required("short_factor", json.numbers),
                    long: try json.required("long_factor", json.numbers), originalMaximumPositions: original,
                    factor: try json.number("factor") ?? Double(positions) / Double(max(original, 1)),
                    attentionFactor: try json.number("attention_factor")))
        default:
            throw json.unsupported(
                key, expected: "default, linear, dynamic, llama3, yarn or longrope", found: quoted(type))
        }
    }

    /// As `rope_parameters` has it, the θ aside.
    func members(positions: Int) -> JSONObject {
        switch self {
        case .linear(let factor): ["rope_type": "linear", "factor": .number(factor)]
        case .dynamic(let factor): ["rope_type": "dynamic", "factor": .number(factor)]
        case .llama3(let factor, let low, let high, let original):
            [
                "rope_type": "llama3", "factor": .number(factor), "low_freq_factor": .number(low),
                "high_freq_factor": .number(high), "original_max_position_embeddings": .integer(original),
            ]
        case .yarn(let yarn): yarn.members
        case .longrope(let rope): rope.members(positions: positions)
        }
    }
}

extension RopeScaling.Yarn {
    fileprivate init(_ json: ConfigurationFields, positions: Int, original: Int) throws {
        self.init(
            factor: try json.number("factor") ?? Double(positions) / Double(max(original, 1)),
            originalMaximumPositions: original)
        // Zero means the default to transformers.
        if let turns = try json.number("beta_fast"), turns != 0 { fastTurns = turns }
        if let turns = try json.number("beta_slow"), turns != 0 { slowTurns = turns }
        rounds = try json.boolean("truncate") ?? true
        attentionFactor = try json.number("attention_factor")
        if let scale = try json.number("mscale"), let all = try json.number("mscale_all_dim"), scale != 0,
            all != 0, attentionFactor == nil
        {
            attentionFactor =
                Self.attentionFactor(of: factor, times: scale) / Self.attentionFactor(of: factor, times: all)
        }
    }

    /// Equation 22 of the paper, √(1/t) = 0.1·ln(s) + 1.
    public static func attentionFactor(of factor: Double, times scale: Double = 1) -> Double {
        factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1
    }

    fileprivate var members: JSONObject {
        var members: JSONObject = [
            "rope_type": "yarn", "factor": .number(factor),
            "original_max_position_embeddings": .integer(originalMaximumPositions),
            "beta_fast": .number(fastTurns), "beta_slow": .number(slowTurns),
        ]
        if !rounds { members["truncate"] = false }
        if let attentionFactor { members["attention_factor"] = .number(attentionFactor) }
        return members
    }
}

extension RopeScaling.LongRope {
    fileprivate func members(positions: Int) -> JSONObject {
        var members: JSONObject = [
            "rope_type": "longrope", "short_factor": .array(short.map(JSONValue.number)),
            "long_factor": .array(long.map(JSONValue.number)),
            "original_max_position_embeddings": .integer(originalMaximumPositions),
        ]
        if factor != Double(positions) / Double(originalMaximumPositions) {
            members["factor"] = .number(factor)
        }
        if let attentionFactor { members["attention_factor"] = .number(attentionFactor) }
        return members
    }
}
