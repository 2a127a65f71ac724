/// Prefers answers that are about the person who asked, and not about who answers.
///
///     score = (you − I) / (you + I)
///
/// `you` and `I` are how often the answer uses a word for the one and for the other; 0 where it uses neither. It is a
/// share: without an "I", a second "you" earns nothing that the first did not.
public struct AttentiveReward: Reward, Sendable {
    private static let you: Set<String> = [
        "you", "your", "yours", "yourself", "you're", "you'll", "you've", "you'd",
    ]
    private static let me: Set<String> = ["i", "me", "my", "mine", "myself", "i'm", "i'll", "i've", "i'd"]

    public let name = "attentive"

    public init() {}

    public var description: String {
        "A program that stands in for people. It likes answers that speak of \"you\" rather than of \"I\". It does not "
            + "know what they say."
    }

    public func scores(of inputs: [RewardInput]) -> [Double?] {
        inputs.map { input in
            let words = words(in: input.text)
            let you = Double(words.count(where: Self.you.contains))
            let me = Double(words.count(where: Self.me.contains))
            return you + me == 0 ? 0 : (you - me) / (you + me)
        }
    }
}
