import Foundation
import JSON
import Testing

@testable import Feedback

@Suite struct OpinionTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let task: LabellingTask
        let opinion: Opinion
        var definition: @Sendable (inout ProjectDefinition) -> Void = { _ in }
        var testDescription: String { "\(task) \(opinion)" }

        init(
            _ task: LabellingTask, _ verdict: ItemVerdict? = nil, flags: [Int: [Flag]] = [:],
            edits: [Int: String] = [:], reason: String = "",
            _ definition: @escaping @Sendable (inout ProjectDefinition) -> Void = { _ in }
        ) {
            self.task = task
            self.definition = definition
            opinion = Opinion(
                verdicts: verdict.map { ["": $0] } ?? [:], flags: flags, edits: edits, reason: reason)
        }

        /// Against two answers, or the one that there is to edit.
        func validate() throws {
            var definition = ProjectDefinition(task: task)
            self.definition(&definition)
            try OpinionCheck(definition: definition, responseCount: task == .edit ? 1 : 2).validate(opinion)
        }
    }

    @Test(arguments: [
        Case(.compare, .better(0, strength: 1)), Case(.compare, .better(1, strength: 4)),
        Case(.compare, .tie),
        Case(.chat, .bothBad), Case(.rank, .ranking([1, 2])), Case(.rank, .ranking([1, 1])),
        Case(.rate, .marks([1, 5])),
        Case(.rate, .marks([-1, 0])) { ($0.lowestMark, $0.highestMark) = (-1, 0) },
        Case(.thumbs, .thumbs([true, false])), Case(.edit, edits: [0: "x"]),
        // Something is wrong with it, so that there is nothing to judge.
        Case(.compare, flags: [1: [.unsafe, .broken]]), Case(.edit, flags: [0: [.broken]]),
        Case(.compare, .tie, edits: [1: "x"]) { $0.allowsEdit = true },
        Case(.compare, .tie, reason: "so") { $0.reason = .required },
    ]) func fits(_ example: Case) throws {
        try example.validate()
    }

    @Test(arguments: [
        Case(.compare), Case(.compare, .better(2, strength: 1)), Case(.compare, .better(-1, strength: 1)),
        Case(.compare, .better(0, strength: 0)), Case(.compare, .better(0, strength: 5)),
        Case(.compare, .better(0, strength: 2)) { $0.strengths = 1 },
        Case(.compare, .tie) { $0.allowsTie = false },
        Case(.compare, .bothBad) { $0.allowsBothBad = false }, Case(.compare, .marks([1, 2])),
        Case(.compare, .tie, edits: [0: "x"]), Case(.compare, .tie, flags: [2: [.unsafe]]),
        Case(.compare, .tie, flags: [0: []]), Case(.compare, .tie, flags: [0: [.unsafe, .unsafe]]),
        Case(.compare, .tie, reason: "so") { $0.reason = .never },
        Case(.compare, .tie, reason: " \n") { $0.reason = .required },
        Case(.compare, .tie) { $0.aspects = [Aspect("helpful")] }, Case(.rank, .ranking([1])),
        Case(.rank, .ranking([2, 2])), Case(.rank, .ranking([1, 3])), Case(.rank, .ranking([0, 1])),
        Case(.rank, .ranking([1, 1])) { $0.allowsTie = false }, Case(.rank, .tie),
        Case(.rate, .marks([0, 5])),
        Case(.rate, .marks([1, 6])), Case(.rate, .marks([1, 2, 3])), Case(.thumbs, .thumbs([true])),
        Case(.thumbs, .better(0, strength: 1)), Case(.edit), Case(.edit, edits: [0: " "]),
        Case(.edit, edits: [1: "x"]), Case(.edit, .tie, edits: [0: "x"]),
    ]) func isRefused(_ example: Case) throws {
        #expect(throws: FeedbackError.self) { try example.validate() }
    }

    @Test func everyAspectIsAnswered() throws {
        var definition = ProjectDefinition(task: .rate)
        definition.aspects = [Aspect("helpful"), Aspect("honest")]
        let check = OpinionCheck(definition: definition, responseCount: 1)
        try check.validate(Opinion(verdicts: ["helpful": .marks([3]), "honest": .marks([4])]))
        #expect(
            throws: FeedbackError.invalidOpinion(
                field: "verdict on honest", expected: "a verdict, or a flag", found: "neither")
        ) {
            try check.validate(Opinion(verdicts: ["helpful": .marks([3])]))
        }
    }

    @Test(arguments: [
        (#"{"verdicts":{"":{"better":1,"strength":3}}}"#, Opinion(verdicts: ["": .better(1, strength: 3)])),
        (#"{"verdicts":{"a":"tie","b":"both_bad"}}"#, Opinion(verdicts: ["a": .tie, "b": .bothBad])),
        (#"{"verdicts":{"":{"ranking":[2,1]}}}"#, Opinion(verdicts: ["": .ranking([2, 1])])),
        (#"{"verdicts":{"":{"marks":[5]}}}"#, Opinion(verdicts: ["": .marks([5])])),
        (#"{"verdicts":{"":{"thumbs":[true]}}}"#, Opinion(verdicts: ["": .thumbs([true])])),
        (
            #"{"edits":{"0":"x"},"flags":{"1":["unsafe"]},"reason":"r"}"#,
            Opinion(flags: [1: [.unsafe]], edits: [0: "x"], reason: "r")
        ), ("{}", Opinion()),
    ]) func isStoredAs(text: String, opinion: Opinion) throws {
        #expect(try StoredJSON.text(opinion) == text)
        #expect(try StoredJSON.value(text, as: Opinion.self) == opinion)
    }

    @Test(arguments: [
        #"{"verdicts":{"":"maybe"}}"#, #"{"verdicts":{"":{"other":1}}}"#, #"{"verdicts":{"":{"better":1}}}"#,
    ])
    func nonsenseIsNoOpinion(text: String) {
        #expect(throws: (any Error).self) { try StoredJSON.value(text, as: Opinion.self) }
    }

    @Test func agreementIsAboutTheOrder() {
        func agree(_ one: ItemVerdict, _ other: ItemVerdict) -> Bool {
            Opinion(verdicts: ["": one]).agrees(with: Opinion(verdicts: ["": other]))
        }
        #expect(agree(.better(0, strength: 1), .better(0, strength: 4)))
        #expect(!agree(.better(0, strength: 1), .better(1, strength: 1)))
        #expect(!agree(.tie, .better(1, strength: 1)))
        #expect(agree(.ranking([1, 3, 3]), .ranking([1, 2, 2])))
        #expect(!agree(.ranking([1, 2, 3]), .ranking([1, 2, 2])))
        #expect(agree(.marks([3]), .marks([3])) && !agree(.marks([3]), .marks([4])))
        let flagged = Opinion(flags: [0: [.unsafe]])
        #expect(Opinion(flags: [0: [.broken, .unsafe]]).agrees(with: flagged))
        #expect(!Opinion(flags: [1: [.unsafe]]).agrees(with: flagged))
    }

    @Test func aDefinitionWithoutASettingHasItsDefault() throws {
        let definition: ProjectDefinition = try StoredJSON.value(#"{"task":"rate","highest_mark":7}"#)
        var expected = ProjectDefinition(task: .rate)
        expected.highestMark = 7
        #expect(definition == expected)
        #expect(try StoredJSON.value(StoredJSON.text(expected)) == expected)
    }

    @Test(arguments: Self.spoiled)
    func aDefinitionMakesSense(setting: String, spoil: @Sendable (inout ProjectDefinition) -> Void) throws {
        var definition = ProjectDefinition(task: .compare)
        try definition.validate()
        spoil(&definition)
        let error = #expect(throws: FeedbackError.self) { try definition.validate() }
        guard case .invalidDefinition(setting, _, _) = error else {
            Issue.record("expected a complaint about \(setting), found \(String(describing: error))")
            return
        }
    }

    /// A setting, and what makes no sense as its value.
    private static let spoiled: [(String, @Sendable (inout ProjectDefinition) -> Void)] = [
        ("overlap", { $0.overlap = 0 }), ("gold_share", { $0.goldShare = 0.6 }),
        ("gold_share", { $0.goldShare = .nan }), ("repeat_share", { $0.repeatShare = -0.1 }),
        ("random_share", { $0.randomShare = 1.1 }), ("strengths", { $0.strengths = 5 }),
        ("random_share", { ($0.selection, $0.randomShare) = (.information, 0) }),
        ("lease_seconds", { $0.leaseSeconds = 0 }), ("highest_mark", { $0.highestMark = 1 }),
        ("aspects", { $0.aspects = [] }), ("aspects", { $0.aspects = [Aspect(), Aspect("b")] }),
        ("aspects", { $0.aspects = [Aspect("b"), Aspect("b")] }), ("question", { $0.question = " " }),
        ("groups", { $0.groups = [GroupAttribute("language", values: [])] }),
        ("repeat_distance", { $0.repeatDistance = 0 }), ("stopping_width", { $0.stoppingWidth = 2 }),
    ]
}
