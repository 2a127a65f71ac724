/// `{"verdicts": {ASPECT: …}, "flags": {POSITION: […]}, "edits": {POSITION: "…"}, "reason": "…"}`; what is empty is left
/// out.
extension Opinion: Codable {
    private enum CodingKeys: String, CodingKey { case verdicts, flags, edits, reason }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            verdicts: try container.decodeIfPresent([String: ItemVerdict].self, forKey: .verdicts) ?? [:],
            flags: try container.decodeIfPresent([Int: [Flag]].self, forKey: .flags) ?? [:],
            edits: try container.decodeIfPresent([Int: String].self, forKey: .edits) ?? [:],
            reason: try container.decodeIfPresent(String.self, forKey: .reason) ?? "")
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        if !verdicts.isEmpty { try container.encode(verdicts, forKey: .verdicts) }
        if !flags.isEmpty { try container.encode(flags, forKey: .flags) }
        if !edits.isEmpty { try container.encode(edits, forKey: .edits) }
        if !reason.isEmpty { try container.encode(reason, forKey: .reason) }
    }
}

/// `{"better": POSITION, "strength": 1…4}`, `"tie"`, `"both_bad"`, `{"ranking": […]}`, `{"marks": […]}`,
/// `{"thumbs": […]}`.
extension ItemVerdict: Codable {
    private enum CodingKeys: String, CodingKey { case better, strength, ranking, marks, thumbs }

    public init(from decoder: any Decoder) throws {
        if let word = try? decoder.singleValueContainer().decode(String.self) {
            switch word {
            case "tie": self = .tie
            case "both_bad": self = .bothBad
            default: throw Self.unknown(decoder, found: "\"\(word)\"")
            }
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let position = try container.decodeIfPresent(Int.self, forKey: .better) {
            self = .better(position, strength: try container.decode(Int.self, forKey: .strength))
        } else if let ranks = try container.decodeIfPresent([Int].self, forKey: .ranking) {
            self = .ranking(ranks)
        } else if let marks = try container.decodeIfPresent([Int].self, forKey: .marks) {
            self = .marks(marks)
        } else if let thumbs = try container.decodeIfPresent([Bool].self, forKey: .thumbs) {
            self = .thumbs(thumbs)
        } else {
            throw Self.unknown(decoder, found: "none of them")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .tie: try Self.encode("tie", to: encoder)
        case .bothBad: try Self.encode("both_bad", to: encoder)
        case .better(let position, let strength):
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(position, forKey: .better)
            try container.encode(strength, forKey: .strength)
        case .ranking(let ranks): try Self.encode(ranks, .ranking, to: encoder)
        case .marks(let marks): try Self.encode(marks, .marks, to: encoder)
        case .thumbs(let thumbs): try Self.encode(thumbs, .thumbs, to: encoder)
        }
    }

    private static func encode(_ word: String, to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(word)
    }

    private static func encode(_ value: some Encodable, _ key: CodingKeys, to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(value, forKey: key)
    }

    private static func unknown(_ decoder: any Decoder, found: String) -> DecodingError {
        .dataCorrupted(
            .init(
                codingPath: decoder.codingPath,
                debugDescription:
                    "expected \"tie\", \"both_bad\", or an object with better and strength, ranking, "
                    + "marks or thumbs; found \(found)"))
    }
}
