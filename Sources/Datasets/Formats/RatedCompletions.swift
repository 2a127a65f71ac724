import JSON
import Tokenization

/// Ratings as UltraFeedback has them (Cui et al., 2023): an instruction, and several answers with an overall score each,
/// `{"instruction", "completions": [{"response", "overall_score"}]}`; or in lists side by side,
/// `{"instruction", "generations": […], "ratings": […]}`. An answer without a rating is left out.
///
/// As comparisons, the best answer is compared with each that was rated lower; a row whose answers were all rated alike has
/// none.
enum RatedCompletions: PublicFormat {
    /// Of UltraFeedback's overall scores.
    private static let overallScale = 1.0...10

    static func recognizes(_ columns: JSONObject) -> Bool {
        guard question(columns) != nil else { return false }
        let completions = columns["completions"]?.array
        return completions?.isEmpty == true || completions?.first?["response"] != nil
            || columns["generations"]?.array != nil && columns["ratings"]?.array != nil
    }

    static func read(_ fields: inout RowFields) throws -> PublicRow {
        let name = question(fields.remaining) ?? "instruction"
        let prompt = Text.messages([Message(role: "user", content: try fields.string(name))])
        return fields.contains("completions")
            ? try completions(&fields, prompt) : try lists(&fields, prompt)
    }

    private static func question(_ columns: JSONObject) -> String? {
        ["instruction", "prompt"].first { columns[$0]?.string != nil }
    }

    private static func completions(_ fields: inout RowFields, _ prompt: Text) throws -> PublicRow {
        let place = fields.place
        let completions = try fields.objects("completions")
        guard !completions.isEmpty else {
            throw fields.invalid("completions", expected: "at least one answer", found: "an empty list")
        }
        let answers = try completions.compactMap { columns in
            var answer = RowFields(columns, place: place)
            let text = try answer.string("response")
            return try answer.optionalNumber("overall_score").map { RatedAnswer(text: text, rating: $0) }
        }
        if let outside = answers.first(where: { !overallScale.contains($0.rating) }) {
            throw fields.invalid(
                "completions", expected: "overall scores from 1 to 10", found: "\(outside.rating)")
        }
        return .rated(prompt: prompt, answers: answers, scale: overallScale)
    }

    private static func lists(_ fields: inout RowFields, _ prompt: Text) throws -> PublicRow {
        let texts = try fields.texts("generations")
        let ratings = try fields.values("ratings")
        guard texts.count == ratings.count else {
            throw fields.invalid(
                "ratings", expected: "one for each of the \(texts.count) generations",
                found: "\(ratings.count)")
        }
        let answers = try zip(texts, ratings).compactMap { text, rating -> RatedAnswer? in
            guard case .plain(let text) = text else {
                throw fields.invalid("generations", expected: "texts", found: "a list")
            }
            guard !rating.isNull else { return nil }
            guard let number = rating.number else {
                throw fields.wrongType("ratings", expected: "numbers", found: rating)
            }
            return RatedAnswer(text: text, rating: number)
        }
        return .rated(prompt: prompt, answers: answers, scale: nil)
    }
}
