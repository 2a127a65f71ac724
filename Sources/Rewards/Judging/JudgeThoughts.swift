import Settings

/// A judge that writes down its thoughts before it answers (Bai et al., *Constitutional AI*, 2022, section 4.1). What it then
/// says of two answers is nearly always certain, and so no measure of how sure it should be: its probabilities are held within
/// 1 − clamp and clamp, theirs within 40 and 60 %.
public struct JudgeThoughts: Hashable, Sendable {
    public static let standardClamp = 0.6
    static let option = "thoughts"
    static let clampOption = "clamp"

    /// The most that it writes.
    public let tokens: Int
    /// The highest probability that a choice is believed to have, from 0.5 to 1.
    public let clamp: Double

    public init(tokens: Int, clamp: Double = Self.standardClamp) {
        precondition(tokens > 0 && (0.5...1).contains(clamp), "thoughts of \(tokens) tokens, clamp \(clamp)")
        (self.tokens, self.clamp) = (tokens, clamp)
    }

    static let options = [
        option: "the most tokens that it thinks in before it answers; 0 unless given",
        clampOption: "the highest probability of a choice that it thought about, from 0.5 to 1; "
            + "\(standardClamp) unless given",
    ]

    /// - Returns: nil where it answers at once.
    init?(_ argument: NamedArgument) throws {
        let tokens = Int(try argument.number(Self.option, default: 0, from: 0, below: 1e6))
        guard tokens > 0 else {
            guard argument.string(Self.clampOption) == nil else {
                throw argument.unfit(Self.clampOption, expected: "none without \(Self.option)")
            }
            return nil
        }
        let clamp = try argument.number(Self.clampOption, default: Self.standardClamp, from: 0.5)
        guard clamp <= 1 else { throw argument.unfit(Self.clampOption, expected: "a number from 0.5 to 1") }
        self.init(tokens: tokens, clamp: clamp)
    }

    func clamped(_ probability: Double) -> Double { min(max(probability, 1 - clamp), clamp) }
}
