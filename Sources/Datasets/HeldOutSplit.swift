import RandomNumbers

/// A split of texts into a training and a held-out part that depends on each text alone: not on its position, on the
/// other texts, on a seed or on the machine. A text that occurs twice falls on one side both times.
///
/// A text is held out when `mix(FNV-1a-64(UTF-8)) / 2⁶⁴ < fraction`, where `mix` is SplitMix64's output function: it
/// spreads the hash, whose high bits differ little between short texts.
public struct HeldOutSplit: Hashable, Sendable {
    /// The expected share of held-out texts, from 0 to 1.
    public let fraction: Double

    public init(fraction: Double) {
        precondition((0...1).contains(fraction), "a held-out share of \(fraction): give one from 0 to 1")
        self.fraction = fraction
    }

    public func isHeldOut(_ text: String) -> Bool {
        SplitMix64.mixed(StableHash(text.utf8).state).unitFraction < fraction
    }

    /// A conversation counts as the text of its messages, each after its role: `role U+001F content U+001E`.
    public func isHeldOut(_ text: Text) -> Bool {
        switch text {
        case .plain(let text): isHeldOut(text)
        case .messages(let messages):
            isHeldOut(messages.map { "\($0.role)\u{1F}\($0.content)\u{1E}" }.joined())
        }
    }
}
