import Datasets
import JSON
import RandomNumbers
import Tokenization

/// A kind of question that programs can ask without end, and whose answers they can check.
struct TaskFamily: Sendable {
    let name: String
    /// What is asked, in a line.
    let summary: String
    /// The reward that checks answers, as it is named on the command line.
    let verifier: String
    /// Makes a problem.
    let make: @Sendable (_ difficulty: Int, _ side: Side, _ random: inout RandomSource) -> Problem

    /// From easy to hard.
    static let difficulties = 1...5

    static let all: [TaskFamily] = [
        arithmetic, letters, spelling, sorting, countdown, stories, harmless,
    ]

    /// What a row is for. No problem is ever on both sides, whatever the seed.
    enum Side: String, Codable, CaseIterable, Sendable {
        case train
        case heldOut = "held-out"
    }

    /// A question with its answer.
    struct Problem: Sendable {
        /// What makes it the same problem in other words: held out is what its hash says.
        let key: String
        /// What tells problems of one key apart, all of which are on one side.
        var wording = ""
        let question: String
        /// Nil where no single text is right.
        var answer: JSONValue?
        /// Further columns that its verifier reads.
        var columns: JSONObject = [:]

        var identity: String { "\(key)\n\(wording)" }
    }

    /// The share of all problems that are held out.
    private static let split = HeldOutSplit(fraction: 0.2)

    func side(of problem: Problem) -> Side {
        Self.split.isHeldOut("\(name) \(problem.key)") ? .heldOut : .train
    }

    /// Different problems of one side.
    ///
    /// - Parameters:
    ///   - difficulties: taken in turn.
    ///   - system: a system message before every question.
    /// - Returns: fewer than `count` where no further one is found.
    func rows(
        _ count: Int, _ side: Side, difficulties: [Int], system: String?, seed: UInt64
    ) -> [PromptRow] {
        var random = RandomSource(seed: seed)
        var known: Set<String> = []
        var rows: [PromptRow] = []
        while rows.count < count {
            let difficulty = difficulties[rows.count % difficulties.count]
            guard let problem = problem(difficulty, side, without: &known, &random) else { break }
            rows.append(row(problem, difficulty, system))
        }
        return rows
    }

    /// A problem that is on that side and was not there yet; nil after many that were.
    private func problem(
        _ difficulty: Int, _ side: Side, without known: inout Set<String>, _ random: inout RandomSource
    ) -> Problem? {
        for _ in 0..<400 {
            let problem = make(difficulty, side, &random)
            if self.side(of: problem) == side, known.insert(problem.identity).inserted { return problem }
        }
        return nil
    }

    private func row(_ problem: Problem, _ difficulty: Int, _ system: String?) -> PromptRow {
        let system = system.map { Message(role: "system", content: $0) }
        let user = Message(role: "user", content: problem.question)
        var columns = problem.columns
        columns["answer"] = problem.answer
        columns["task"] = .string(name)
        columns["difficulty"] = .integer(difficulty)
        columns["verifier"] = .string(verifier)
        return PromptRow(prompt: .messages([system, user].compactMap(\.self)), extra: columns)
    }
}

extension RandomSource {
    mutating func integer(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + integer(below: range.count)
    }

    mutating func element<Element>(of elements: [Element]) -> Element {
        elements[integer(below: elements.count)]
    }
}
