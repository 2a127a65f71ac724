import Feedback
import Foundation
import RandomNumbers
import Statistics
import TestSupport
import Testing

@testable import Evaluation

/// People's votes on the arms of a study.
@Suite struct StudyPeopleTests {
    private func vote(
        _ first: String, _ second: String, _ score: Double, prompt: Int = 0, aspect: String = "helpful",
        opens: Bool = true
    ) -> StudyVotes.Vote {
        .init(prompt: prompt, aspect: aspect, first: first, second: second, score: score, opens: opens)
    }

    private func analysis(_ votes: [StudyVotes.Vote], arms: [String] = ["start", "dpo"]) -> PeopleAnalysis {
        PeopleAnalysis(
            votes: StudyVotes(
                project: "p", people: 1, complete: votes.count, duels: 100, randomShare: 0.3,
                aspects: ["helpful", "safe"], votes: votes),
            arms: arms, analysis: .init())
    }

    // MARK: When to stop

    /// One planned pair and two aspects: each has half of the level, 0.025. By a program of its own (a grid over the mean in
    /// steps of 1/200,000), the lower end is 0.4762 after ten wins and 0.5054 after eleven.
    @Test func elevenWinsInARowAreEnoughAndTenAreNot() throws {
        let wins = (0..<11).map { vote("dpo", "start", 1, prompt: $0) }
        let (ten, eleven) = (analysis(Array(wins.prefix(10))).report(), analysis(wins).report())
        #expect(abs(try #require(ten.pairs.first?.winRate.low) - 0.4762) < 1e-4)
        #expect(abs(try #require(eleven.pairs.first?.winRate.low) - 0.5054) < 1e-4)
        #expect(!ten.mayStop && ten.pairs.first?.verdict == .undecided)
        #expect(eleven.mayStop && eleven.pairs.first?.verdict == .better && eleven.settled == 1)
        #expect(eleven.progress.contains("they may stop"))
        // It is about the first aspect; whoever votes again on the same answers opens nothing.
        #expect(
            !analysis(wins.map { vote("dpo", "start", 1, prompt: $0.prompt, aspect: "safe") }).report()
                .mayStop)
        #expect(!analysis(wins.map { vote("dpo", "start", 1, opens: $0.prompt == 0) }).report().mayStop)
        // Whichever of the two stands first in the vote.
        let turned = analysis(wins.map { vote("start", "dpo", 0, prompt: $0.prompt) }).report()
        #expect(turned.pairs == eleven.pairs)
    }

    /// Two equal arms, looked at after every tenth vote and stopped as soon as something is settled: at most one study in
    /// twenty may say that one is better. An ordinary interval is wrong far more often.
    @Test func lookingAgainAndAgainIsNoWayToFindADifference() {
        var (wrong, naive) = (0, 0)
        let studies = 300
        for study in 0..<studies {
            var random = RandomSource(seed: UInt64(study))
            let votes = (0..<80).map { vote("dpo", "start", random.uniform() < 0.5 ? 1 : 0, prompt: $0) }
            let looks = stride(from: 10, through: 80, by: 10).map { Array(votes.prefix($0)) }
            if looks.contains(where: { analysis($0).pairs.contains { $0.verdict != .undecided } }) {
                wrong += 1
            }
            if looks.contains(where: { seen in
                let moments = Moments(seen.map(\.score))
                return abs(moments.mean - 0.5) > 1.96 * moments.deviation / Double(seen.count).squareRoot()
            }) {
                naive += 1
            }
        }
        print("settled wrongly: \(wrong) of \(studies), by ordinary intervals \(naive)")
        #expect(Double(wrong) <= 0.05 * Double(studies))
        #expect(Double(naive) > 0.1 * Double(studies))
    }

    // MARK: The store

    private func measured(_ text: String) -> ArmMeasurement {
        ArmMeasurement(
            prompts: (0..<6).map { "Question \($0)?" },
            answers: (0..<6).map {
                .init(
                    prompt: $0, text: "\(text) \($0)", tokens: 2, isFinished: true, scores: ["j": 1])
            }, stations: [], distinct2: nil, perplexity: nil, cost: .init())
    }

    @Test func duelsGoToTheStoreAndVotesComeBack() throws {
        let folder = try ScratchFolder()
        let input = StudyInput(
            title: "made-up", command: "heed study s.yaml", start: measured("start"), startName: "start",
            arms: [
                .init(name: "dpo", description: "", seeds: [measured("dpo")]),
                // Equal answers are nobody's to judge.
                .init(name: "idle", description: "", seeds: [measured("start")]),
            ], judges: [.init(name: "j", rewards: ["warm"])],
            registration: .init(date: Date(), sha256: "", changes: []))
        let path = folder.path("feedback.sqlite")
        let before = try StudyDuels(input, store: path).votes()
        #expect(before.votes.isEmpty && before.duels == 12 && before.complete == 0)
        let store = try FeedbackStore(at: URL(fileURLWithPath: path))
        let person = try store.write(by: nil) {
            try $0.accept(invitation: $0.invite(), name: "Ada").annotator.id
        }
        try store.write(by: person) { writer in
            for next in try writer.nextAssignments(100, for: person, in: 1) {
                let position = try #require(next.item.responses.firstIndex { $0.policy?.name == "dpo" })
                let opinion = Opinion(verdicts: ["helpful": .better(position, strength: 1), "safe": .tie])
                try writer.submit(
                    Submission(assignment: next.id, request: UUID(), opinion: opinion, seconds: 1))
            }
        }
        let after = try StudyDuels(input, store: path).votes()
        #expect(after.duels == 12 && after.complete == 12 && after.people == 1)
        #expect(after.votes.count == 24 && after.votes.allSatisfy(\.opens))
        for vote in after.votes where vote.aspect == "helpful" {
            #expect(vote.score == (vote.first == "dpo" ? 1 : 0))
        }
        #expect(after.votes.filter { $0.aspect == "safe" }.allSatisfy { $0.score == 0.5 })
        var judged = input
        judged.votes = after
        let report = StudyAnalysis(judged).report()
        let people = try #require(report.people)
        #expect(people.planned == 3 && people.pairs.count == 4)
        #expect(
            people.strengths.first { $0.arm == "dpo" && $0.aspect == "helpful" }.map {
                $0.strength.mean > 0.5
            } == true)
        let page = report.html()
        #expect(page.contains("What people say") && !page.contains("No person judged"))
    }
}
