import Foundation

/// What of a response is its answer: without the thoughts, and what the answer's tags hold where there are
/// some.
enum AnswerText {
    /// - Returns: nil where the response never comes to an answer, or gives several that differ.
    static func answer(in response: String) -> Substring? {
        let visible = withoutThoughts(response)
        let answers = contents(of: "answer", in: visible)
        guard let first = answers.first else { return visible }
        return answers.allSatisfy { $0.trimmed == first.trimmed } ? first : nil
    }

    /// What follows the last `</think>`; before a `<think>` that never closes.
    static func withoutThoughts(_ response: String) -> Substring {
        if let end = response.ranges(of: "</think>").last { return response[end.upperBound...] }
        guard let start = response.firstRange(of: "<think>") else { return response[...] }
        return response[..<start.lowerBound]
    }

    /// What stands between the tags of that name, in order. The last one may lack its end.
    static func contents(of tag: String, in text: Substring) -> [Substring] {
        var (rest, found): (Substring, [Substring]) = (text, [])
        while let start = rest.firstRange(of: "<\(tag)>") {
            rest = rest[start.upperBound...]
            guard let end = rest.firstRange(of: "</\(tag)>") else { return found + [rest] }
            found.append(rest[..<end.lowerBound])
            rest = rest[end.upperBound...]
        }
        return found
    }
}

extension StringProtocol {
    var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
