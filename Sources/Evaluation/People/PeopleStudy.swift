import Datasets
import Feedback
import Foundation
import JSON
import Statistics
import Training

/// Blind votes of people on the answers of arms: a project of a store, in which every two arms are shown side by side on
/// every prompt. Sides are shuffled and names hidden by the store.
struct PeopleStudy {
    /// The arms and prompts of one evaluation, as the store knows them.
    private let policies: [Policy]
    private let prompts: [Text]
    private let measurements: [ArmMeasurements]
    private let store: FeedbackStore
    private let name: String
    private let overlap: Int

    /// - Parameters:
    ///   - path: of the store, which is made where there is none.
    ///   - measurements: as many as `arms`.
    init(
        _ configuration: EvaluateConfiguration, path: String, arms: [EvaluatedArm], prompts: [Text],
        measurements: [ArmMeasurements], seed: Int
    ) throws {
        let sampler = try JSONValue(encoding: configuration.sampler).object ?? [:]
        policies = arms.map { Policy(name: $0.name, hash: $0.fingerprint, sampler: sampler) }
        self.prompts = prompts
        self.measurements = measurements
        overlap = configuration.overlap
        store = try FeedbackStore(at: URL(fileURLWithPath: path), .create)
        let parts =
            policies.flatMap { [$0.name, $0.hash] } + ["\(configuration.sampler)", "\(seed)"]
            + prompts.map { $0.json.text() }
        name = configuration.project ?? "evaluation \(hash(of: parts).prefix(12))"
    }

    /// Puts the answers into the project, unless they are there, and reads what people say of them.
    ///
    /// - Parameter isPartial: whether a part of the votes will do.
    /// - Throws: ``VotesMissing`` where people have not voted, or not on everything.
    func votes(isPartial: Bool) throws -> PeopleVotes {
        let project = try store.write(by: nil) { writer in
            let project = try self.project(writer)
            try writer.addItems(items, to: project.id)
            return project
        }
        return try store.read { reader in
            let progress = try reader.progress(in: project.id)
            let votes = try self.votes(reader, project)
            guard progress.complete == progress.items || isPartial && !votes.all.isEmpty else {
                throw VotesMissing(
                    store: store.url.relativePath, project: project.name, complete: progress.complete,
                    items: progress.items, canBePartial: !votes.all.isEmpty)
            }
            return votes
        }
    }

    private func project(_ writer: StoreWriter) throws -> Project {
        var definition = ProjectDefinition(task: .compare)
        definition.overlap = overlap
        guard let project = try writer.reader.project(named: name) else {
            return try writer.createProject(name, definition)
        }
        definition = project.definition
        definition.overlap = overlap
        return try writer.updateProject(project.id, definition)
    }

    // MARK: Items

    /// The answers of two arms to a prompt, where they differ: equal ones are a tie that nobody needs to look at.
    private var items: [NewItem] {
        pairs.compactMap { pair in
            let (first, second) = (answer(pair.first, pair.answer), answer(pair.second, pair.answer))
            guard first.text != second.text else { return nil }
            return NewItem(
                prompt: prompts[first.prompt],
                responses: [response(first, of: pair.first), response(second, of: pair.second)])
        }
    }

    private struct Pair {
        let first: Int
        let second: Int
        /// Among the answers of each arm.
        let answer: Int
    }

    private var pairs: [Pair] {
        let answers = measurements.map(\.answers.count).min() ?? 0
        return (0..<answers).flatMap { answer in
            policies.indices.flatMap { second in
                (0..<second).map { Pair(first: $0, second: second, answer: answer) }
            }
        }
    }

    private func answer(_ arm: Int, _ index: Int) -> ArmAnswer { measurements[arm].answers[index] }

    private func response(_ answer: ArmAnswer, of arm: Int) -> ItemResponse {
        ItemResponse(
            text: answer.text, finish: answer.finish.recorded, policy: policies[arm])
    }

    // MARK: Votes

    private func votes(_ reader: StoreReader, _ project: Project) throws -> PeopleVotes {
        let positions = Dictionary(prompts.enumerated().map { ($1, $0) }) { first, _ in first }
        let arms = Dictionary(policies.enumerated().map { ($1, $0) }) { first, _ in first }
        var votes = PeopleVotes(store: store.url.relativePath, project: project.name)
        let items = try reader.items(in: project.id, kind: .work)
        let judgments = Dictionary(
            grouping: try reader.judgments(in: project.id).filter { $0.showing == 0 && $0.kind == .work },
            by: \.item)
        for item in items {
            guard let prompt = positions[item.prompt], item.responses.count == 2,
                let first = item.responses[0].policy.flatMap({ arms[$0] }),
                let second = item.responses[1].policy.flatMap({ arms[$0] })
            else { continue }
            let outcomes = (judgments[item.id] ?? []).compactMap { judgment in
                judgment.opinion.outcome.map { (annotator: judgment.annotator, outcome: $0) }
            }
            votes.add(
                outcomes, on: item.responses.map(\.text), prompt: prompt, between: first, and: second)
        }
        for pair in pairs {
            let (first, second) = (answer(pair.first, pair.answer), answer(pair.second, pair.answer))
            if first.text == second.text {
                votes.addTie(first.text, prompt: first.prompt, between: pair.first, and: pair.second)
            }
        }
        return votes
    }
}

extension Opinion {
    /// What became of the first of two answers; nil where nothing was said about them.
    fileprivate var outcome: Outcome? {
        guard let ranks = verdicts.values.first?.ranks(of: 2) else { return nil }
        return ranks[0] < ranks[1] ? .win : ranks[0] > ranks[1] ? .loss : .tie
    }
}

/// People have not voted on the answers yet, or not on all.
public struct VotesMissing: WaitingForPeople {
    let store: String
    let project: String
    let complete: Int
    let items: Int
    let canBePartial: Bool

    public var description: String {
        "project '\(project)': people have voted on \(complete) of \(items) pairs of answers; open heed label --store "
            + "\(store), let them vote, and give the same command again"
            + (canBePartial ? ", or with --partial for a report of what there is" : "")
    }
}
