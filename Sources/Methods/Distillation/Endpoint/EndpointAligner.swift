import Datasets
import Endpoints
import Errors
import Training

/// Asks a teacher behind an address what it thinks of an answer, and finds the stretches that its tokens and the student's
/// spell alike.
///
/// The end of an answer is no token that a server tells, so it is not distilled.
struct EndpointAligner: AnswerAligner {
    let student: Aligner.Side
    let teacher: EndpointTeacher

    /// - Throws: ``EndpointFailure`` naming the row; `DataError` for a conversation, which the server would lay out by a template
    ///   that is not known here.
    func answer(
        _ row: SourcedRow<SupervisedRow>, student sequence: TokenizedSequence, dataSet: Int
    ) throws -> AlignedAnswer? {
        guard case .kept(let whole, _, _, _) = try student.preparation(nil).prepareAsTold(row) else {
            return nil
        }
        let (prompt, text) = try Self.text(of: row)
        let reading = try EndpointFailure.naming(row.place) { try teacher.reading(of: prompt + text) }
        // The answer begins within or before the first token that ends in it; the first of all has no probability.
        var (start, first) = (-prompt.utf8.count, 0)
        while first < reading.tokens.count,
            start + reading.tokens[first].count <= 0 || reading.logProbabilities[first] == nil
        {
            start += reading.tokens[first].count
            first += 1
        }
        let tokens = reading.tokens[first...]
        let spans = SpelledAnswer.spans(
            student: student.spelled(sequence, start: student.start(of: whole, row.row)),
            teacher: SpelledAnswer(tokens: Array(tokens), start: start))
        let labels = [Bool](repeating: true, count: tokens.count)
        return AlignedAnswer(
            teacher: TokenizedSequence(tokens: [0] + tokens.map { _ in 0 }, labels: [false] + labels),
            spans: spans, logProbabilities: reading.logProbabilities[first...].map { $0 ?? 0 })
    }

    private static func text(of row: SourcedRow<SupervisedRow>) throws -> (prompt: String, answer: String) {
        switch row.row {
        case .text(let text): return ("", text.text)
        case .completion(let pair):
            if case .plain(let prompt) = pair.prompt, case .plain(let answer) = pair.completion {
                return (prompt, answer)
            }
        case .messages: break
        }
        throw DataError(
            at: row.place,
            expected: "plain text beside a teacher at an address, whose chat template is not known here,",
            found: "messages", remedy: "give prompt and completion as the text that the teacher reads")
    }
}

/// What went wrong with a teacher at an address, and where.
struct EndpointFailure: CategorizedError, CustomStringConvertible {
    let place: Place
    let error: any CategorizedError
    var category: ErrorCategory { error.category }
    var description: String { "\(place): \(error)" }

    static func naming<Result>(_ place: Place, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as EndpointError {
            throw EndpointFailure(place: place, error: error)
        } catch let error as Misreading { throw EndpointFailure(place: place, error: error) }
    }
}
