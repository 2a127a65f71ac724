import JSON

/// What rows write beside single turns to say whether they are learned.
///
/// Data sets do so under several keys, with numbers, words and their texts. A turn that is not learned keeps `weight` 0,
/// whatever its row calls it; one that is learned keeps nothing.
enum TurnMask {
    /// What a turn that is not learned has.
    static let mark: (key: String, value: JSONValue) = ("weight", 0)

    /// Keys under which 1 or true says that a turn is learned, and 0 or false that it is not.
    static let keys = ["weight", "loss_weight", "loss_scale", "loss", "loss_mask", "train", "trainable"]

    /// Keys that some write for turns that are learned and others for those that are not, or for parts of a turn.
    static let unclear = ["mask", "masked", "train_detail"]

    /// Takes all such keys out of a turn.
    /// - Returns: whether the turn is learned; nil where it says nothing.
    /// - Throws: `DataError` for what is neither 0 nor 1, and for keys that contradict each other.
    static func taken(from turn: inout JSONObject, column: String, at place: Place) throws -> Bool? {
        var said: (key: String, isLearned: Bool)?
        for key in keys + unclear {
            guard let value = turn[key] else { continue }
            turn[key] = nil
            guard !value.isNull else { continue }
            guard let isLearned = unclear.contains(key) ? nil : meaning(of: value) else {
                throw error(
                    "turns with \"weight\" 0 or 1", found: "\(value) as \"\(key)\"", column, place)
            }
            if let said, said.isLearned != isLearned {
                throw error(
                    "one say on whether a turn is learned",
                    found: "\"\(said.key)\" and \"\(key)\" that contradict each other", column, place)
            }
            said = (key, isLearned)
        }
        return said?.isLearned
    }

    private static func meaning(of value: JSONValue) -> Bool? {
        switch value {
        case .boolean(let isLearned): isLearned
        case .integer, .number: value.number == 0 ? false : value.number == 1 ? true : nil
        case .string(let text): ["0": false, "1": true, "false": false, "true": true][text.lowercased()]
        case .null, .largeInteger, .array, .object: nil
        }
    }

    private static func error(
        _ expected: String, found: String, _ column: String, _ place: Place
    ) -> DataError {
        DataError(
            at: place, expected: "\(expected) in \"\(column)\"", found: found,
            remedy: "a turn is learned whole or not at all: write \"weight\" 0 or 1, or leave it out")
    }
}
