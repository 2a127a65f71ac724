import Datasets
import Statistics
import Testing

@testable import Rewards

@Suite struct JudgmentVotesTests {
    @Test func judgmentsBecomeVotes() {
        let (first, second) = ([1, 2], [1, 3])
        func judgment(_ sequences: [[Int]], _ verdict: Verdict, _ annotator: String?) -> TokenizedJudgment {
            TokenizedJudgment(
                sequences: sequences, verdict: verdict, context: JudgmentContext(annotator: annotator))
        }
        let votes = DawidSkene.votes(of: [
            judgment([first, second], .preferred(margin: nil), "a"),
            judgment([second, first], .preferred(margin: 1), "b"),
            judgment([second, first], .ranked([2, 1]), "c"),
            judgment([first, second], .ranked([1, 1]), "d"),
            judgment([first], .good(false), "a"), judgment([first], .good(true), "b"),
            judgment([first, second], .preferred(margin: nil), nil),
        ])
        #expect(
            votes == [
                Vote(item: 0, annotator: "a", answer: true), Vote(item: 0, annotator: "b", answer: false),
                Vote(item: 0, annotator: "c", answer: true), Vote(item: 1, annotator: "a", answer: false),
                Vote(item: 1, annotator: "b", answer: true),
            ])
    }

    /// Where groups have heads of their own, what people of one say about those of another is an opinion.
    @Test func anotherOpinionIsNoError() {
        let judgments = (0..<30).flatMap { item in
            [("a", "north", true), ("b", "north", true), ("c", "south", false), ("d", "south", false)].map {
                TokenizedJudgment(
                    sequences: [[item]], verdict: .good($0.2),
                    context: JudgmentContext(annotator: $0.0, group: $0.1))
            }
        }
        let together = DawidSkene.reliabilities(of: DawidSkene.votes(of: judgments))
        #expect(together.allSatisfy { $0.errorRate > 0.3 })
        let apart = DawidSkene.reliabilities(of: DawidSkene.votes(of: judgments, groups: .group))
        #expect(apart.count == 4 && apart.allSatisfy { $0.errorRate < 0.05 })
        let alone = DawidSkene.votes(of: judgments, groups: .annotator)
        #expect(DawidSkene.reliabilities(of: alone).isEmpty)
    }
}
