import Foundation
import JSON

/// What a model's authors set for sampling from it: Hugging Face's `generation_config.json`. `nil` where the
/// file is silent.
public struct GenerationDefaults: Codable, Equatable, Sendable {
    /// `bos_token_id`.
    public var beginningOfSequenceID: Int?
    /// `eos_token_id`, one or many: any of them ends a response.
    public var endOfSequenceIDs: [Int]
    /// `pad_token_id`.
    public var paddingID: Int?
    /// `do_sample`: false means greedy.
    public var samples: Bool?
    /// `temperature`.
    public var temperature: Double?
    /// `top_k`; 0 keeps every token.
    public var topK: Int?
    /// `top_p`.
    public var topP: Double?
    /// `repetition_penalty`.
    public var repetitionPenalty: Double?

    public init(
        beginningOfSequenceID: Int? = nil, endOfSequenceIDs: [Int] = [], paddingID: Int? = nil,
        samples: Bool? = nil,
        temperature: Double? = nil, topK: Int? = nil, topP: Double? = nil, repetitionPenalty: Double? = nil
    ) {
        self.beginningOfSequenceID = beginningOfSequenceID
        self.endOfSequenceIDs = endOfSequenceIDs
        self.paddingID = paddingID
        self.samples = samples
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.repetitionPenalty = repetitionPenalty
    }

    /// Reads a `generation_config.json`.
    public init(contentsOf file: URL) throws {
        self = try ConfigurationFields.read(file) { try GenerationDefaults($0) }
    }

    /// Writes a `generation_config.json`.
    public func write(to file: URL) throws {
        try ConfigurationFields(members).write(to: file)
    }

    public init(from decoder: any Decoder) throws {
        try self.init(ConfigurationFields(from: decoder))
    }

    public func encode(to encoder: any Encoder) throws {
        try ConfigurationFields(members).encode(to: encoder)
    }

    private init(_ json: ConfigurationFields) throws {
        self.init(
            beginningOfSequenceID: try json.integer("bos_token_id"),
            endOfSequenceIDs: try json.identifiers("eos_token_id") ?? [],
            paddingID: try json.integer("pad_token_id"),
            samples: try json.boolean("do_sample"),
            temperature: try json.number("temperature"),
            topK: try json.integer("top_k"),
            topP: try json.number("top_p"),
            repetitionPenalty: try json.number("repetition_penalty"))
        for (key, id) in [("bos_token_id", beginningOfSequenceID), ("pad_token_id", paddingID)] {
            if let id, id < 0 { throw json.malformed(key, expected: "a token id", found: "\(id)") }
        }
        if let id = endOfSequenceIDs.first(where: { $0 < 0 }) {
            throw json.malformed("eos_token_id", expected: "token ids", found: "\(id)")
        }
        for (key, value) in [
            ("temperature", temperature), ("top_p", topP), ("repetition_penalty", repetitionPenalty),
        ] {
            if let value, value < 0 { throw json.malformed(key, expected: "0 or more", found: "\(value)") }
        }
        if let topK, topK < 0 { throw json.malformed("top_k", expected: "0 or more", found: "\(topK)") }
    }

    private var members: JSONObject {
        var members: JSONObject = [:]
        members["bos_token_id"] = beginningOfSequenceID.map(JSONValue.integer)
        if !endOfSequenceIDs.isEmpty { members["eos_token_id"] = JSONValue(identifiers: endOfSequenceIDs) }
        members["pad_token_id"] = paddingID.map(JSONValue.integer)
        members["do_sample"] = samples.map(JSONValue.boolean)
        members["temperature"] = temperature.map(JSONValue.number)
        members["top_k"] = topK.map(JSONValue.integer)
        members["top_p"] = topP.map(JSONValue.number)
        members["repetition_penalty"] = repetitionPenalty.map(JSONValue.number)
        return members
    }
}
