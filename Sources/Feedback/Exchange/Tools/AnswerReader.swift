import JSON

/// Reads what people answered to the questions of another tool: those that an export of ours asks by their names, others
/// by what is answered.
struct AnswerReader {
    let names: QuestionNames
    /// What the answers are called: their fields, and where they are in a list, their ids.
    let responses: [String: Int]
    let responseCount: Int
    /// Names of buckets, the best first, as the user gives them.
    let bucketOrder: [String]

    /// What became of an answer.
    enum Outcome: Equatable {
        case understood, notUnderstood
        /// It is understood, and is no verdict on all answers.
        case partial
    }

    private static let ties: Set = ["tie", "equal", "same", "both", "draw", "both-good"]
    private static let neither: Set = ["both-bad", "both_bad", "neither", "none"]
    private static let good: Set = [
        "yes", "good", "true", "positive", "up", "correct", "acceptable", "accept",
    ]
    private static let bad: Set = [
        "no", "bad", "false", "negative", "down", "incorrect", "unacceptable", "reject",
    ]
    /// Questions that are about the answer as such.
    private static let unnamed: Set = [
        "rating", "score", "quality", "overall", "stars", "label", "ranking", "pw",
    ]

    /// - Parameter subject: the answer that the question is about, where the tool says so.
    /// - Throws: ``BucketRanks/Problem`` for buckets whose order nobody gave.
    func read(
        _ name: String, _ value: JSONValue, of subject: Int? = nil, into parts: inout OpinionParts
    ) throws -> Outcome {
        if let buckets = value.object { return try readBuckets(buckets, name, &parts) }
        return readPart(name, value, of: subject, into: &parts) ? .understood : .notUnderstood
    }

    private func readBuckets(
        _ buckets: JSONObject, _ name: String, _ parts: inout OpinionParts
    ) throws -> Outcome {
        let parsed = names.parsed(name)
        guard responseCount > 1, parsed == nil || parsed?.part == .ranking,
            let ranks = try BucketRanks(buckets, of: responses, order: bucketOrder)
        else { return .notUnderstood }
        guard ranks.positions.count == responseCount else { return .partial }
        for (position, rank) in ranks.positions {
            parts.setRank(rank, of: position, aspect: parsed?.aspect ?? "")
        }
        return .understood
    }

    private func readPart(
        _ name: String, _ value: JSONValue, of subject: Int?, into parts: inout OpinionParts
    ) -> Bool {
        guard let (part, aspect, position) = names.parsed(name) else {
            return guess(name, value, subject ?? (responseCount == 1 ? 0 : nil), &parts)
        }
        guard position ?? 0 < responseCount else { return false }
        switch part {
        case .preference: return readChoice(value, aspect, &parts)
        case .ranking: return readRanks(value, aspect, &parts)
        case .strength:
            guard let strength = whole(value) else { return false }
            parts.setStrength(strength, aspect: aspect)
        case .rating:
            guard let position, let mark = whole(value) else { return false }
            parts.setMark(mark, of: position, aspect: aspect)
        case .good:
            guard let position, let isGood = thumb(value) else { return false }
            parts.setThumb(isGood, of: position, aspect: aspect)
        case .edit:
            guard let position, let text = word(value) else { return false }
            parts.edit(text, position)
        case .flags:
            guard let position else { return false }
            let flags = (value.array ?? [value]).compactMap { $0.string.flatMap(Flag.init) }
            guard !flags.isEmpty else { return false }
            parts.flag(flags, position)
        case .reason:
            guard let text = word(value) else { return false }
            parts.explain(text)
        }
        return true
    }

    private func guess(
        _ name: String, _ value: JSONValue, _ subject: Int?, _ parts: inout OpinionParts
    ) -> Bool {
        let plain = name.lowercased()
        let aspect = Self.unnamed.contains(plain) ? "" : name
        if responseCount > 1, readRanks(value, "", &parts) || readChoice(value, "", &parts) { return true }
        if let subject, let mark = whole(value) {
            parts.setMark(mark, of: subject, aspect: aspect)
        } else if let subject, let isGood = thumb(value) {
            parts.setThumb(isGood, of: subject, aspect: aspect)
        } else if let text = word(value) {
            return guess(text: text, name: plain, subject, &parts)
        } else {
            return false
        }
        return true
    }

    private func guess(text: String, name: String, _ subject: Int?, _ parts: inout OpinionParts) -> Bool {
        func isCalled(_ words: [String]) -> Bool { words.contains { name.contains($0) } }
        if isCalled(["reason", "comment", "why", "explain", "explanation", "feedback", "rationale"]) {
            parts.explain(text)
        } else if let subject, isCalled(["edit", "correct", "rewrite", "improve", "revis"]) {
            parts.edit(text, subject)
        } else {
            return false
        }
        return true
    }

    // MARK: Values

    private func whole(_ value: JSONValue) -> Int? {
        value.integer ?? value.number.flatMap { Int(exactly: $0) }
    }

    /// A text, or the only one of a list.
    private func word(_ value: JSONValue) -> String? {
        if let list = value.array { return list.count == 1 ? list[0].string : nil }
        return value.string
    }

    private func thumb(_ value: JSONValue) -> Bool? {
        if let isGood = value.boolean { return isGood }
        guard let word = word(value)?.lowercased() else { return nil }
        return Self.good.contains(word) ? true : Self.bad.contains(word) ? false : nil
    }

    private func readChoice(_ value: JSONValue, _ aspect: String, _ parts: inout OpinionParts) -> Bool {
        guard let word = word(value), responseCount == 2 else { return false }
        let plain = word.lowercased()
        let sides = ["left": 0, "right": 1]
        if let position = responses[word] ?? sides[plain] {
            parts.choose(.answer(position), aspect: aspect)
        } else if Self.ties.contains(plain) {
            parts.choose(.tie, aspect: aspect)
        } else if Self.neither.contains(plain) {
            parts.choose(.bothBad, aspect: aspect)
        } else {
            return false
        }
        return true
    }

    /// Names, the best first; or each with its rank.
    private func readRanks(_ value: JSONValue, _ aspect: String, _ parts: inout OpinionParts) -> Bool {
        var ranks: [Int: Int] = [:]
        for (place, element) in (value.array ?? []).enumerated() {
            let name = element.string ?? element["value"]?.string
            let rank = element.string == nil ? element["rank"].flatMap(whole) : place + 1
            guard let position = name.flatMap({ responses[$0] }), let rank, ranks[position] == nil else {
                return false
            }
            ranks[position] = rank
        }
        guard ranks.count == responseCount, responseCount > 1 else { return false }
        for (position, rank) in ranks { parts.setRank(rank, of: position, aspect: aspect) }
        return true
    }
}
