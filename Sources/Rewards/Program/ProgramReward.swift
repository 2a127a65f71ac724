import Foundation
import Statistics

/// Scores answers by a program of the user's, in any language: a line of JSON in for each answer, a line of JSON out.
///
///     {"id":7,"prompt":"What is 2 + 2?","completion":"4","ended":true,"columns":{"answer":"4"}}
///     {"id":7,"reward":1}
///
/// `prompt` is text or a list of messages, as the row has it; `reward` is a number, or null for an answer that it has no
/// opinion of. Copies of the program live as long as the reward does, and are confined where the system can
/// (``Confinement``). What a policy could try: whatever the program did not think of; `heed lint-reward` tries some of it.
///
/// The same answer must get the same score whichever copy is asked and whatever it was asked before.
public final class ProgramReward: Reward {
    public let name = "program"
    public let path: String
    public let limits: ProgramLimits
    private let wanted: Confinement
    private var workers: [ProgramWorker] = []
    private var nextIdentifier = 0
    private let confinement: Confinement

    /// Starts the first copy.
    ///
    /// - Parameters:
    ///   - path: an executable file, or a script by its first line.
    ///   - isConfined: whether it is confined as far as the system can.
    /// - Throws: ``ProgramError``
    public convenience init(path: String, limits: ProgramLimits = ProgramLimits(), isConfined: Bool = true)
        throws
    {
        try self.init(path: path, limits: limits, wanted: isConfined ? .all : [])
    }

    init(path: String, limits: ProgramLimits, wanted: Confinement) throws {
        try Self.check(path)
        (self.path, self.limits, self.wanted) = (path, limits, wanted)
        let first = try ProgramWorker(path: path, limits: limits, wanted: wanted)
        workers = [first]
        confinement = first.process.confinement
    }

    deinit { for worker in workers { worker.process.finish(within: .seconds(1)) } }

    /// - Throws: ``ProgramError``, where there is no file that may be run.
    static func check(_ path: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            throw ProgramError.notThere(path: path)
        }
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw ProgramError.notExecutable(path: path)
        }
    }

    public var description: String {
        "A program of the user's, '\(path)', whose word is taken as it is. What it likes is known to who wrote it."
    }

    /// What confines the program, and what does not.
    public var notes: [String] {
        let statement =
            wanted.isEmpty
            ? "Not confined, as asked for (sandbox=none)." : confinement.statement(of: limits)
        return ["The reward program '\(path)' runs with this user's rights. \(statement)"]
    }

    public func obstacle(to input: RewardInput) -> String {
        "expected a reward of program '\(path)', found null, which is none"
    }

    /// - Throws: ``ProgramError/misbehaved(_:)`` for whatever it does in place of scoring an answer. The next call starts
    ///   new copies.
    public func scores(of inputs: [RewardInput]) throws -> [Double?] {
        do {
            return try deal(inputs)
        } catch {
            workers = []
            guard let failure = error as? ProgramWorker.Failure else { throw error }
            throw ProgramError.misbehaved(
                .init(
                    path: path, input: failure.question?.input, what: failure.what, remedy: failure.remedy,
                    lastWords: failure.lastWords))
        }
    }

    /// Hands out the answers in their order, to whoever is free.
    private func deal(_ inputs: [RewardInput]) throws -> [Double?] {
        let questions = inputs.enumerated().map { index, input in
            ProgramWorker.Question(id: nextIdentifier + index, index: index, input: input)
        }
        nextIdentifier += inputs.count
        var hands = questions.chunked(limits.batch)[...]
        while workers.count < min(limits.workers, hands.count) {
            workers.append(try ProgramWorker(path: path, limits: limits, wanted: wanted))
        }
        let began = SuspendingClock.now
        let deadline = limits.batchTimeout.map { began + .seconds($0) }
        var scores = [Double?](repeating: nil, count: inputs.count)
        while true {
            for worker in workers where worker.isIdle {
                if let hand = hands.popFirst() { worker.take(Array(hand)) }
            }
            let busy = workers.filter { !$0.isIdle }
            guard !busy.isEmpty else { return scores }
            Self.wait(for: busy, until: deadline)
            for worker in busy {
                for (index, reward) in try worker.rewards() { scores[index] = reward }
            }
            if let seconds = limits.batchTimeout, SuspendingClock.now - began >= .seconds(seconds),
                let late = workers.first(where: { !$0.isIdle })
            {
                throw late.lateness(ofBatch: inputs.count, seconds)
            }
        }
    }

    /// Waits until one of them can be written to or read from, or is late.
    private static func wait(for workers: [ProgramWorker], until deadline: SuspendingClock.Instant?) {
        var events = workers.flatMap(\.process.events)
        let next = (workers.map(\.deadline) + [deadline].compactMap(\.self)).min() ?? .now
        let milliseconds = (next - .now) / .milliseconds(1)
        poll(&events, nfds_t(events.count), Int32(min(max(milliseconds + 1, 0), 60_000)))
    }
}
