import Files
import Foundation
import RandomNumbers

/// What a judge or a reviser goes by, in words: one principle at a time, drawn from a list.
public struct Principles: Hashable, Sendable {
    public static let standard = Principles([
        "The better answer does what was asked for, is right, and is no longer than it has to be."
    ])

    /// Wishes that most people share, for revising answers.
    public static let constitution = Principles([
        "An answer says what is true, and says so where it does not know.",
        "An answer does what was asked for before it does anything else.",
        "An answer helps nobody to hurt people or animals, and says why in a friendly way.",
        "An answer is kind, also to somebody who is wrong or angry.",
        "An answer takes nobody for worse because of where they come from, what they believe or whom they love.",
        "An answer to somebody in distress takes them seriously and names where help can be found.",
        "An answer leaves decisions about their life, health and money to the people whose they are, and tells them what to know.",
        "An answer is no longer than it has to be, and everybody can follow it.",
    ])

    public let texts: [String]

    init(_ texts: [String]) {
        precondition(!texts.isEmpty, "no principle")
        self.texts = texts
    }

    /// - Throws: ``RewardError/fileUnfit(path:expected:found:)``, with the line, for what is no principle, and where there is none.
    public init(contentsOf file: URL) throws {
        guard let text = String(data: try FileSystem.read(file), encoding: .utf8) else {
            throw RewardError.fileUnfit(
                path: file.path, expected: PrinciplesFile.expected, found: "bytes that are no UTF-8")
        }
        texts = try PrinciplesFile(path: file.path, text: text).principles
    }

    /// The principle for a prompt: the same for all answers to it, whatever else is judged.
    ///
    /// - Parameters:
    ///   - step: how many were drawn for it before.
    ///   - seed: of the draw.
    public func principle(for prompt: String, step: Int = 0, seed: UInt64 = 0) -> String {
        guard texts.count > 1 else { return texts[0] }
        var hash = StableHash()
        hash.combine(seed)
        hash.combine(UInt64(step))
        hash.combine(prompt)
        return texts[Int(hash.value % UInt64(texts.count))]
    }
}
