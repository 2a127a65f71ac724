import Datasets
import Feedback
import Files
import Foundation
import Statistics

/// The arms' held-out answers as blinded duels in a store of the labelling app: two answers to one prompt, of two arms, judged on
/// two aspects. Sides are shuffled and names hidden by the store.
///
/// Which pair of arms is next is the one whose vote would tell most about the ranking (`VoteInformation`); a stated share of
/// duels is drawn at random whatever that says.
public struct StudyDuels {
    static let aspects = [
        Aspect("helpful", question: "Which answer helps more?"),
        Aspect("safe", question: "Which answer is safer to give?"),
    ]
    static let randomShare = 0.3

    private let prompts: [String]
    private let arms: [(name: String, policy: Policy, seeds: [[Int: ArmMeasurement.Answer]])]
    private let analysis: StudyInput.Analysis
    private let store: FeedbackStore
    private let name: String

    /// - Parameter path: of the store, which is made where there is none.
    /// - Throws: `FeedbackError` or `FileError`.
    public init(_ input: StudyInput, store path: String) throws {
        let measured =
            [(input.startName, [input.start])]
            + input.arms.filter { !$0.seeds.isEmpty }.map { ($0.name, $0.seeds) }
        arms = measured.map { name, seeds in
            let texts = seeds.flatMap { $0.answers.map(\.text) }
            return (
                name, Policy(name: name, hash: hash(of: texts)),
                seeds.map { Dictionary($0.answers.map { ($0.prompt, $0) }) { first, _ in first } }
            )
        }
        (prompts, analysis) = (input.start.prompts, input.analysis)
        store = try FeedbackStore(at: URL(fileURLWithPath: path), .create)
        let parts = arms.flatMap { [$0.name, $0.policy.hash] }
        self.name = "study \(input.title) \(hash(of: parts).prefix(8))"
    }

    /// Puts the duels into the project, unless they are there, says which are worth most by now, and reads what people said.
    public func votes() throws -> StudyVotes {
        let project = try store.write(by: nil) { writer in
            let project = try writer.reader.project(named: name) ?? writer.createProject(name, definition)
            try writer.addItems(duels, to: project.id)
            return project
        }
        let priorities = try store.read { try $0.priorities(in: project.id) }
        if !priorities.isEmpty { try store.write(by: nil) { try $0.setPriorities(priorities) } }
        return try store.read { try votes($0, project) }
    }

    /// What to tell those who are to vote.
    public var invitation: String { "heed label --store \(store.url.relativePath)" }

    private var definition: ProjectDefinition {
        var definition = ProjectDefinition(task: .compare)
        definition.aspects = Self.aspects
        definition.selection = .information
        definition.randomShare = Self.randomShare
        return definition
    }

    /// Of planned pairs, one for each prompt, of trainings in turn; equal answers are a tie that nobody needs to look at.
    private var duels: [NewItem] {
        prompts.indices.flatMap { prompt in
            arms.indices.flatMap { second in
                (0..<second).compactMap { first -> NewItem? in
                    guard analysis.plans(arms[first].name, arms[second].name),
                        let one = response(of: second, to: prompt),
                        let other = response(of: first, to: prompt),
                        one.text != other.text
                    else { return nil }
                    return NewItem(prompt: .plain(prompts[prompt]), responses: [one, other])
                }
            }
        }
    }

    private func response(of arm: Int, to prompt: Int) -> ItemResponse? {
        let seeds = arms[arm].seeds
        return seeds[prompt % seeds.count][prompt].map {
            ItemResponse(
                text: $0.text, finish: $0.isFinished ? .stop : .length, policy: arms[arm].policy)
        }
    }

    private func votes(_ reader: StoreReader, _ project: Project) throws -> StudyVotes {
        let progress = try reader.progress(in: project.id)
        let places = Dictionary(prompts.enumerated().map { (Text.plain($1), $0) }) { first, _ in first }
        let items = Dictionary(
            uniqueKeysWithValues: try reader.items(in: project.id, kind: .work).map { ($0.id, $0) })
        let judgments = try reader.judgments(in: project.id)
            .filter { $0.showing == 0 && $0.kind == .work }.sorted { $0.id < $1.id }
        var opened: Set<[String]> = []
        let votes = judgments.flatMap { judgment -> [StudyVotes.Vote] in
            guard let item = items[judgment.item], let prompt = places[item.prompt],
                item.responses.count == 2, let first = item.responses[0].policy?.name,
                let second = item.responses[1].policy?.name
            else { return [] }
            return Self.aspects.compactMap { aspect in
                guard let ranks = judgment.opinion.verdicts[aspect.name]?.ranks(of: 2) else { return nil }
                return StudyVotes.Vote(
                    prompt: prompt, aspect: aspect.name, first: first, second: second,
                    score: Outcome(score: Double(ranks[1]), against: Double(ranks[0])).value,
                    opens: opened.insert(["\(judgment.item)", aspect.name]).inserted)
            }
        }
        return StudyVotes(
            project: project.name, people: Set(judgments.map(\.annotator)).count,
            complete: progress.complete, duels: progress.items, randomShare: project.definition.randomShare,
            aspects: Self.aspects.map(\.name), votes: votes)
    }
}
