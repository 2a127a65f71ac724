import Errors
import JSON

/// A line that a program writes for an answer: `{"id":…,"reward":number or null}` and nothing else.
///
/// The id is there so that a line too many or too few can never shift rewards to the answers beside them.
struct ProgramReply: Equatable {
    let id: Int
    /// Nil where the program has no opinion, which is not 0.
    let reward: Double?

    /// What is wrong with a line.
    struct Malformed: CategorizedError, Equatable {
        let found: String
        var category: ErrorCategory { .badData }
    }

    static let form = #"a line {"id":…,"reward":number or null}"#

    /// - Throws: ``Malformed``.
    init(_ line: some Collection<UInt8>) throws {
        let text = String(decoding: line, as: UTF8.self)
        func malformed(_ what: String) -> Malformed { Malformed(found: what + ": " + text.shownAsOutput) }
        guard
            let value = try? JSONValue(
                parsing: Array(line), tolerating: [.nonFiniteNumbers, .largeIntegers])
        else { throw malformed("no JSON") }
        guard let members = value.object else { throw malformed("no object") }
        if let further = members.keys.first(where: { $0 != "id" && $0 != "reward" }) {
            throw malformed("the member '\(further.shownAsOutput)'")
        }
        guard let id = members["id"]?.integer else { throw malformed("no id") }
        guard let reward = members["reward"] else { throw malformed("no reward") }
        self.id = id
        if reward.isNull {
            self.reward = nil
        } else if let number = reward.number {
            guard number.isFinite else { throw malformed("a reward that is no finite number") }
            self.reward = number
        } else {
            throw malformed("a reward that is no number")
        }
    }
}

extension String {
    /// The beginning of what a program wrote, on one line and without what a terminal would obey.
    var shownAsOutput: String {
        let scalars = prefix(200).unicodeScalars.map { scalar -> Unicode.Scalar in
            // What joins emoji into one is no command.
            if scalar == "\u{200D}" { return scalar }
            return switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: " "
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(scalars)) + (count > 200 ? "…" : "")
    }
}
