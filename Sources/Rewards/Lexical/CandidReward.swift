/// Prefers answers that say so where nobody could know.
///
/// Where the prompt's row has `true` in the column `unknowable`: 1 for saying so, −1 for making something up. Elsewhere: −½
/// for an answer that excuses itself, 0 for any other.
public struct CandidReward: Reward, Sendable {
    public static let column = "unknowable"

    private static let admissions = [
        "don't know", "do not know", "can't know", "cannot know", "couldn't know", "no way to know",
        "hard to know", "don't have", "do not have", "no idea", "not sure", "unsure", "uncertain",
        "unknown", "hard to say", "can't tell", "cannot tell", "can't say", "cannot say", "can't see",
        "cannot see", "can't predict", "cannot predict", "can't guess", "unable to", "not able to",
        "impossible to",
    ].map { " \($0) " }

    public let name = "candid"

    public init() {}

    public var description: String {
        "A program that stands in for people. Where the question cannot be answered by anybody who was not there (the "
            + "column \"\(Self.column)\" says so), it likes answers that admit it; elsewhere it marks down excuses. It "
            + "goes by \(Self.admissions.count) phrases."
    }

    public func scores(of inputs: [RewardInput]) -> [Double?] {
        inputs.map { input in
            let text = " \(words(in: input.text).joined(separator: " ")) "
            let admits = Self.admissions.contains(where: text.contains)
            switch input.columns[Self.column] {
            case .boolean(true): return admits ? 1 : -1
            case .boolean(false), .null, nil: return admits ? -0.5 : 0
            default: return nil
            }
        }
    }

    public func obstacle(to input: RewardInput) -> String {
        "expected true or false in the column \"\(Self.column)\""
    }
}
