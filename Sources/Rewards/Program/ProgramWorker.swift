import JSON

/// A copy of the program with the answers that it is about to score.
final class ProgramWorker {
    /// An answer that a program is to score.
    struct Question {
        /// Unlike that of any other answer of the run.
        let id: Int
        /// Among those that are scored together.
        let index: Int
        let input: RewardInput

        /// The line that the program reads.
        var line: [UInt8] {
            let object: JSONValue = [
                "id": .integer(id), "prompt": input.prompt.json, "completion": .string(input.text),
                "ended": .boolean(input.isFinished), "columns": .object(input.columns),
            ]
            return Array((object.text(.compact) + "\n").utf8)
        }
    }

    /// How a program fails.
    struct Failure: Error {
        let question: Question?
        let what: String
        let remedy: String
        let lastWords: String
    }

    let process: ProgramProcess
    private let limits: ProgramLimits
    private var open: [Question] = []
    private var handSize = 0
    /// When its answers are due.
    private(set) var deadline = SuspendingClock.now

    init(path: String, limits: ProgramLimits, wanted: Confinement) throws {
        self.limits = limits
        process = try ProgramProcess(path: path, limits: limits, wanted: wanted)
    }

    var isIdle: Bool { open.isEmpty }

    func take(_ questions: [Question]) {
        open = questions
        handSize = questions.count
        deadline = .now + .seconds(limits.timeout * Double(handSize))
        process.send(questions.flatMap(\.line))
    }

    /// The rewards that have come since, with what they are of.
    /// - Throws: ``Failure``.
    func rewards() throws -> [(index: Int, reward: Double?)] {
        let limit = limits.output * 1024 * max(1, handSize)
        process.exchange(keeping: limit)
        var rewards: [(index: Int, reward: Double?)] = []
        while let line = process.nextLine() { rewards.append(try reward(in: line)) }
        if process.received.count > limit {
            throw failure(
                "wrote more than \(limits.output) KiB for an answer",
                "it must write one line for each, or be given a larger output=")
        }
        if !isIdle, process.hasEndedOutput || process.hasClosedInput { throw ending() }
        if !isIdle, SuspendingClock.now >= deadline { throw lateness() }
        return rewards
    }

    private func lateness() -> Failure {
        let time = limits.timeout * Double(handSize)
        return failure(
            "gave no reward within \(time) s" + (handSize > 1 ? " for \(handSize) answers" : ""),
            "it must write every line at once (flush), or be given a longer timeout=")
    }

    /// That all answers together took too long.
    /// - Parameter count: how many they are.
    func lateness(ofBatch count: Int, _ seconds: Double) -> Failure {
        failure(
            "did not score \(count) answers within \(seconds) s",
            "it must be faster, or be given more workers= or a longer batch_timeout=")
    }

    private func reward(in line: ArraySlice<UInt8>) throws -> (index: Int, reward: Double?) {
        let reply: ProgramReply
        do {
            reply = try ProgramReply(line)
        } catch let error as ProgramReply.Malformed {
            throw failure("wrote \(error.found)", "expected \(ProgramReply.form) for each answer")
        }
        guard let place = open.firstIndex(where: { $0.id == reply.id }) else {
            let expected = open.map { "\($0.id)" }.joined(separator: ", ")
            throw failure(
                "wrote a reward for id \(reply.id), which it was not asked for or had answered",
                expected.isEmpty ? "expected one line for each answer" : "expected id \(expected)")
        }
        return (open.remove(at: place).index, reply.reward)
    }

    private func ending() -> Failure {
        if !process.received.isEmpty {
            let text = String(decoding: process.received, as: UTF8.self).shownAsOutput
            return failure(
                "ended in the middle of a line: \(text)", "expected \(ProgramReply.form), and its end")
        }
        let remedy = "it must answer every line until its standard input ends"
        if let outcome = process.outcome(within: .seconds(1)) { return failure(outcome, remedy) }
        let closed = process.hasEndedOutput ? "output" : "input"
        return failure("closed its standard \(closed)", remedy)
    }

    private func failure(_ what: String, _ remedy: String) -> Failure {
        process.exchange(keeping: 0)
        return Failure(question: open.first, what: what, remedy: remedy, lastWords: process.lastWords)
    }
}
