import Feedback
import Foundation
import Models
import Runs
import Statistics
import TestSupport
import Testing
import Training

@testable import Evaluation

@Suite struct PeopleTests {
    private let folder: TemporaryFolder
    private let start = Fixtures.golden("tiny-llama")
    private let other: URL

    init() throws {
        folder = try TemporaryFolder()
        try folder.write((1...5).map { "{\"prompt\": \"Question \($0)\"}\n" }.joined(), to: "prompts.jsonl")
        other = folder.item("other")
        try FileManager.default.copyItem(at: Fixtures.golden("tiny-llama-ref"), to: other)
        for name in ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"] {
            try FileManager.default.copyItem(
                at: start.appendingPathComponent(name), to: other.appendingPathComponent(name))
        }
    }

    private func evaluate(partial: Bool = false, overlap: Int = 1, mode: RunFolder.Mode = .new) throws
        -> Report
    {
        var configuration = EvaluateConfiguration()
        configuration.models = [start.path, "other=\(other.path)"]
        configuration.prompts = [folder.item("prompts.jsonl").path]
        configuration.people = folder.item("feedback.sqlite").path
        configuration.isPartial = partial
        configuration.overlap = overlap
        configuration.sampler.maximumNewTokens = 8
        var run = RunConfiguration()
        run.output = folder.item("report").path
        run.device = "cpu"
        run.precision = .float32
        let context = try RunContext(
            verb: "evaluate", run: run, mode: mode, settings: .null, progress: ProgressDisplay(style: .quiet))
        return try EvaluateJob.run(configuration, origin: .init(command: "heed evaluate"), context: context)
    }

    /// Lets somebody vote for an arm, whichever side it is on.
    private func vote(for arm: String, as name: String, _ limit: Int = .max) throws {
        let store = try FeedbackStore(at: folder.item("feedback.sqlite"))
        let person = try store.write(by: nil) { writer in
            try writer.reader.annotator(named: name)?.id
                ?? writer.accept(invitation: writer.invite(), name: name).annotator.id
        }
        try store.write(by: person) { writer in
            for next in try writer.nextAssignments(min(limit, 100), for: person, in: 1) {
                let position = try #require(next.item.responses.firstIndex { $0.policy?.name == arm })
                let opinion = Opinion(verdicts: ["": .better(position, strength: 1)])
                try writer.submit(
                    Submission(assignment: next.id, request: UUID(), opinion: opinion, seconds: 1))
            }
        }
    }

    @Test func theReportWaitsForPeople() throws {
        let missing = #expect(throws: VotesMissing.self) { try evaluate() }
        #expect(missing?.description.contains("voted on 0 of 5 pairs") == true)
        #expect(missing?.description.contains("--partial") == false)
        #expect(throws: VotesMissing.self) { try evaluate(partial: true) }
        try vote(for: "other", as: "Ada", 2)
        let some = #expect(throws: VotesMissing.self) { try evaluate() }
        #expect(some?.description.contains("voted on 2 of 5 pairs") == true)
        #expect(try evaluate(partial: true).people?.votes == 2)

        try vote(for: "other", as: "Ada")
        let report = try evaluate(mode: .resume)
        let people = try #require(report.people)
        #expect((people.people, people.votes, people.pairsOfAnswers, people.equalAnswers) == (1, 5, 5, 0))
        #expect(people.agreement == nil)
        let arm = try #require(report.challengers.first)
        #expect(arm.winRate == Estimate(mean: 1, interval: wilsonInterval(5, of: 5)))
        #expect(arm.samples.allSatisfy { $0.outcome == .win })
        let composition = try #require(arm.composition)
        #expect(composition.count == 5 && composition.byEnding.allSatisfy { $0.rate.losses == 0 })
        #expect(report.arms.allSatisfy { $0.score == nil } && !report.annotator.isSimulated)
        let strengths = try #require(people.strengths)
        #expect(strengths.map(\.name) == ["start", "other"])
        #expect(strengths[1].strength.mean > 0.5 && strengths[0].strength.mean < -0.5)

        let written = try Report(json: Data(contentsOf: folder.item("report/report.json")))
        #expect(written.people == people)
        let page = try folder.text(of: "report/report.html")
        #expect(page.contains("What people said") && page.contains("Strength of the arms"))
        #expect(!page.contains("No person judged"))
    }

    @Test func severalPeopleMayDiffer() throws {
        #expect(throws: VotesMissing.self) { try evaluate(overlap: 2) }
        try vote(for: "other", as: "Ada")
        #expect(throws: VotesMissing.self) { try evaluate(overlap: 2) }
        try vote(for: "start", as: "Bob")
        let report = try evaluate(overlap: 2)
        let people = try #require(report.people)
        #expect(people.people == 2 && people.votes == 10)
        #expect(people.agreement?.mean == 0)
        #expect(
            report.challengers.first?.winRate == Estimate(mean: 0.5, interval: wilsonInterval(2.5, of: 5)))
        #expect(people.pairs.map(\.rate.wins) == [5] && people.pairs.map(\.rate.losses) == [5])
        // A majority that is none.
        #expect(report.challengers.first?.samples.allSatisfy { $0.outcome == .tie } == true)
    }

    /// Nothing that people could see says which arm an answer is of.
    @Test func itemsDoNotTellTheArms() throws {
        _ = try? evaluate()
        let store = try FeedbackStore(at: folder.item("feedback.sqlite"), .reading)
        let items = try store.read { try $0.items(in: 1) }
        #expect(items.count == 5 && items.allSatisfy { $0.extra.isEmpty })
        for response in items.flatMap(\.responses) {
            #expect(response.extra.isEmpty)
            #expect(response.policy?.sampler["max_new_tokens"] == 8)
            #expect(response.policy?.hash.count == 64)
        }
    }
}
