import Datasets
import Feedback
import Foundation
import TestSupport
import Testing

@testable import heed

/// People in the loop, as a shell would call it.
@Suite struct LabelCommandTests {
    private let folder: ScratchFolder
    private let model = Fixtures.golden("tiny-llama").path
    private var store: String { folder.path("feedback.sqlite") }

    init() throws {
        folder = try ScratchFolder()
        let answers = ["A cat.", "A dog, and a long one.", "A bird."]
        let rows = ["Who?", "What?", "When?", "Where?"].map { prompt in
            let responses = answers.map { #"{"text": "\#($0)"}"# }.joined(separator: ", ")
            return
                #"{"prompt": "\#(prompt)", "responses": [\#(responses)], "policy": "h", "policy_name": "m"}"#
        }
        try folder.write(rows.joined(separator: "\n") + "\n", to: "responses.jsonl")
    }

    private func heed(_ arguments: String...) throws -> Invocation {
        try Invocation(arguments, environment: ["HEED_HOME": folder.path("home")])
    }

    /// Items of a project, and somebody who always prefers the shorter answer.
    private func judge(_ project: String = "animals", as name: String = "Ada", limit: Int = .max) throws {
        let added = try heed(
            "label", "import", folder.path("responses.jsonl"), "--format", "responses", "--store", store,
            "--project", project)
        try #require(added.status == 0, "\(added.errors)")
        try vote(in: project, as: name, limit: limit)
    }

    private func vote(in name: String, as person: String, limit: Int = .max) throws {
        let store = try FeedbackStore(at: URL(fileURLWithPath: store))
        let (project, annotator) = try store.write(by: nil) { writer in
            let project = try #require(try writer.reader.project(named: name))
            let known = try writer.reader.annotator(named: person)
            return (
                project.id,
                try known?.id ?? writer.accept(invitation: writer.invite(), name: person).annotator.id
            )
        }
        for _ in 0..<limit {
            let isDone = try store.write(by: annotator) { writer in
                guard let next = try writer.nextAssignments(1, for: annotator, in: project).first else {
                    return true
                }
                let lengths = next.item.responses.map(\.text.count)
                let opinion = Opinion(verdicts: ["": .better(lengths[0] <= lengths[1] ? 0 : 1, strength: 2)])
                try writer.submit(
                    Submission(assignment: next.id, request: UUID(), opinion: opinion, seconds: 2))
                return false
            }
            if isDone { return }
        }
    }

    @Test func importsExportsAndBacksUp() throws {
        try judge()
        let exported = try heed(
            "label", "export", "--store", store, "--as", "comparisons", "--output", folder.path("c.jsonl"))
        #expect(exported.status == 0, "\(exported.errors)")
        #expect(exported.output == "12 rows from 12 judgments of 1 person, in \(folder.path("c.jsonl"))\n")
        let rows = try JSONLines(URL(fileURLWithPath: folder.path("c.jsonl"))).load(ComparisonRow.self)
        #expect(rows.count == 12 && rows.allSatisfy { $0.row.context.policy == "h" })
        let again = try heed("label", "export", "--store", store, "--output", folder.path("c.jsonl"))
        #expect(again.status == 73 && again.errors.contains("--force"))

        let argilla = try heed(
            "label", "export", "--store", store, "--format", "argilla", "--output", folder.path("argilla"))
        #expect(argilla.status == 0 && folder.holds("argilla/.argilla/settings.json"))
        let back = try heed(
            "label", "import", folder.path("argilla"), "--format", "argilla", "--store",
            folder.path("other.sqlite"), "--project", "animals", "--json")
        #expect(back.status == 0 && back.output.contains(#""judgments":12"#), "\(back.errors)")

        let report = try heed("label", "agreement", "--store", store)
        #expect(report.status == 0 && report.lines.count > 5, "\(report.errors)")
        let backup = try heed("label", "backup", "--store", store, "--output", folder.path("copy.sqlite"))
        #expect(backup.status == 0, "\(backup.errors)")
        let copied = try FeedbackStore(at: URL(fileURLWithPath: folder.path("copy.sqlite")), .reading)
        #expect(try copied.read { try $0.judgments(in: 1).count } == 12)
    }

    @Test func mistakesAreNamed() throws {
        let nowhere = try heed("label", "export", "--store", folder.path("x.sqlite"), "--output", "o")
        #expect(nowhere.status == 66, "\(nowhere.errors)")
        try folder.write("no store\n", to: "text.sqlite")
        let text = try heed("label", "agreement", "--store", folder.path("text.sqlite"))
        #expect(text.status == 65 && text.errors.contains("expected a store of judgments"))
        let unasked = try heed(
            "label", "import", folder.path("text.sqlite"), "--format", "argilla", "--store", store,
            "--project", "p")
        #expect(unasked.status == 65 && unasked.errors.contains("text.sqlite:1: expected a list of objects"))
        let both = try heed(
            "label", "export", "--store", store, "--format", "argilla", "--as", "edits", "--output", "o")
        #expect(both.status == 64 && both.errors.contains("leave out --as"))
    }

    private func train(
        _ verb: String, _ output: String, rows: String? = nil, steps: Int = 2, _ more: String...
    ) throws -> Invocation {
        try Invocation(
            [
                verb, "--model", model, "--train", rows ?? store, "--max-steps", "\(steps)",
                "--batch-size", "4", "--lora-rank", "2", "--checkpoint-every", "1", "--precision", "fp32",
                "--device", "cpu", "--threads", "1", "--quiet", "--output", folder.path(output),
            ] + more, environment: ["HEED_HOME": folder.path("home")])
    }

    @Test func trainsOnTheStoreAndIsPinnedToItsRows() throws {
        try judge()
        let dpo = try train("dpo", "dpo")
        #expect(dpo.status == 0, "\(dpo.errors)")
        #expect(try train("reward", "reward").status == 0)
        #expect(try train("kto", "kto").status == 0)
        let sft = try train("sft", "sft")
        #expect(sft.status == 65 && sft.errors.contains("expected judgments that give edits"))

        let manifest = try folder.text("dpo/run.json")
        let path = URL(fileURLWithPath: store).path
        #expect(manifest.contains(path))
        let judgments = try FeedbackStore(at: URL(fileURLWithPath: store))
        let uses = try judgments.read { try $0.uses() }
        #expect(Set(uses.map(\.verb)) == ["dpo", "reward", "kto"])
        let use = try #require(uses.first { $0.verb == "dpo" })
        #expect(use.judgments == 12 && manifest.contains(use.rowsHash))
        #expect(use.run == URL(fileURLWithPath: folder.path("dpo")).resolvingSymlinksInPath().path)

        // Others judge meanwhile; the run goes on with what it began with.
        try judge("more", as: "Eve")
        let resumed = try train("dpo", "dpo", steps: 3, "--resume")
        #expect(resumed.status == 65 && resumed.errors.contains("max_steps"), "\(resumed.errors)")
        #expect(!resumed.errors.contains("'train'"))
        try judgments.write(by: nil) { writer in
            let ada = try #require(try writer.reader.annotator(named: "Ada"))
            try writer.exclude(ada.id, reason: "guesses")
        }
        let refused = try train("dpo", "dpo", "--resume")
        #expect(refused.status == 65 && refused.errors.contains("train it again without them"))
        let anew = try train("dpo", "dpo", "--force")
        #expect(anew.status == 0, "\(anew.errors)")
    }

    /// What is evaluated on is used too: whoever withdraws later is found there.
    @Test func evaluatesOnAProjectOfTheStore() throws {
        try judge()
        try judge("others", as: "Eve")
        let run = try train(
            "reward", "evaluated", rows: "\(store):project=animals", "--eval", "\(store):project=others",
            "--eval-every", "1")
        #expect(run.status == 0, "\(run.errors)")
        let metrics = try folder.text("evaluated/metrics.jsonl")
        #expect(metrics.contains("\"eval_loss\""), "\(metrics)")
        let uses = try FeedbackStore(at: URL(fileURLWithPath: store), .reading).read { try $0.uses() }
        #expect(uses.map(\.judgments).sorted() == [12, 12])
    }

    @Test func aKilledRunGoesOnWithTheSameRows() throws {
        try judge()
        #expect(try train("dpo", "whole", steps: 4).status == 0)
        let flags = [
            "dpo", "--model", model, "--train", store, "--max-steps", "4", "--batch-size", "4", "--lora-rank",
            "2", "--checkpoint-every", "1", "--precision", "fp32", "--device", "cpu", "--threads", "1",
            "--quiet", "--output", folder.path("killed"),
        ]
        let home = folder.path("home")
        try Invocation.signal(
            SIGKILL, flags, environment: ["HEED_HOME": home],
            once: { folder.holds("killed/checkpoint-2") })
        // Others judge, and somebody clears what was kept.
        try judge("more", as: "Eve")
        try FileManager.default.removeItem(atPath: home + "/feedback-rows")
        let resumed = try Invocation(flags + ["--resume"], environment: ["HEED_HOME": home])
        // Where the kill came after the end there is nothing left to do.
        #expect(resumed.status == 0 || resumed.errors.contains("finished"), "\(resumed.errors)")
        let weights = "final/adapter_model.safetensors"
        #expect(try folder.data("killed/\(weights)") == folder.data("whole/\(weights)"))
    }

    @Test func stagesFollowWhatPeopleSay() throws {
        try judge()
        let yaml = """
            name: loop
            model: \(model)
            stages:
              - verb: dpo
                train: \(store)
                max_steps: 1
                lora_rank: 2
                precision: fp32
                device: cpu

            """
        let recipe = try folder.write(yaml, to: "loop.yaml").path
        func run() throws -> Invocation { try heed("run", recipe, "--output", folder.path("loop")) }
        #expect(try run().status == 0)
        let second = try run()
        #expect(second.status == 0 && second.errors.contains("finished before"), "\(second.errors)")
        try judge("more", as: "Eve")
        let third = try run()
        #expect(third.status == 0 && !third.errors.contains("finished before"), "\(third.errors)")
        let uses = try FeedbackStore(at: URL(fileURLWithPath: store), .reading).read { try $0.uses() }
        #expect(uses.map(\.judgments) == [24, 12])
    }

    @Test func roundsAreJudgedInTheStore() throws {
        try folder.write("{\"prompt\": \"Hello\"}\n{\"prompt\": \"And you?\"}\n", to: "prompts.jsonl")
        let rounds = [
            "dpo", "--model", model, "--prompts", folder.path("prompts.jsonl"), "--judge", "people",
            "--store", store, "--n", "2", "--max-new-tokens", "8", "--max-steps", "2", "--lora-rank", "2",
            "--precision", "fp32", "--device", "cpu", "--threads", "1", "--quiet", "--output",
            folder.path("online"),
        ]
        func run() throws -> Invocation {
            try Invocation(rounds, environment: ["HEED_HOME": folder.path("home")])
        }
        let waiting = try run()
        #expect(waiting.status == 75, "\(waiting.errors)")
        #expect(waiting.errors.contains("heed label --store \(store)"))
        let name = try FeedbackStore(at: URL(fileURLWithPath: store), .reading).read {
            try $0.projects().map(\.name)
        }
        try vote(in: try #require(name.first), as: "Ada", limit: 1)
        #expect(try run().status == 75)
        try vote(in: try #require(name.first), as: "Ada")
        let done = try run()
        #expect(done.status == 0, "\(done.errors)")
        #expect(folder.holds("online/final/adapter_model.safetensors"))
    }

    /// At temperature 0 both answers are the same, and nobody is asked in vain.
    @Test func aRoundWithoutAPreferenceSaysWhatToDo() throws {
        try folder.write("{\"prompt\": \"Hello\"}\n", to: "prompts.jsonl")
        let round = try heed(
            "dpo", "--model", model, "--prompts", folder.path("prompts.jsonl"), "--judge", "people",
            "--store", store, "--n", "2", "--temperature", "0", "--max-new-tokens", "8", "--lora-rank", "2",
            "--device", "cpu", "--quiet", "--output", folder.path("alike"))
        #expect(round.status == 64, "\(round.errors)")
        #expect(round.errors.contains("no preference in 0 pairs of answers that differ; raise --temperature"))
    }

    @Test func peopleVoteOnTrainedModels() throws {
        try folder.write("{\"prompt\": \"Hello\"}\n{\"prompt\": \"And you?\"}\n", to: "prompts.jsonl")
        func evaluate(_ more: String...) throws -> Invocation {
            try Invocation(
                [
                    "evaluate", "--models", model, "same=\(model)", "--prompts", folder.path("prompts.jsonl"),
                    "--people", store, "--project", "votes", "--n", "2", "--max-new-tokens", "8",
                    "--temperature", "5", "--precision", "fp32", "--device", "cpu", "--threads", "1",
                    "--quiet", "--output", folder.path("report"),
                ] + more, environment: ["HEED_HOME": folder.path("home")])
        }
        // The same model with the same numbers says the same: nobody has anything to look at.
        let equal = try evaluate()
        #expect(equal.status == 0, "\(equal.errors)")
        #expect(try folder.text("report/report.json").contains(#""equal_answers" : 4"#))
    }

    @Test func bucketsAreRankedAsTheUserSays() throws {
        try folder.write(
            """
            [{"data": {"prompt": "p", "items": [{"id": "a", "body": "first"}, {"id": "b", "body": "second"}]},
              "annotations": [{"completed_by": 3, "result": [{"type": "ranker", "from_name": "rank",
                "value": {"ranker": {"_": [], "biased": ["a"], "relevant": ["b"]}}}]}]}]
            """, to: "tasks.json")
        func bring(_ more: String...) throws -> Invocation {
            try Invocation(
                [
                    "label", "import", folder.path("tasks.json"), "--format", "label-studio", "--store",
                    store,
                    "--project", "ranks",
                ] + more)
        }
        let refused = try bring()
        #expect(refused.status == 65 && refused.errors.contains("--bucket-order BEST,…,WORST"))
        #expect(refused.errors.contains("tasks.json:1:") && refused.errors.contains("'biased', 'relevant'"))
        #expect(try bring("--bucket-order", "relevant,_").status == 64)
        #expect(try bring("--bucket-order", "relevant,biased,bset").status == 64)
        #expect(try bring("--bucket-order", "relevant,biased").status == 0)
        let said = try FeedbackStore(at: URL(fileURLWithPath: store), .reading).read {
            try $0.judgments(in: 1).map(\.opinion)
        }
        #expect(said == [Opinion(verdicts: ["": .ranking([2, 1])])])
    }

    @Test func whoHasTheFileLetsPeopleIn() throws {
        _ = try FeedbackStore(at: URL(fileURLWithPath: store), .create)
        let call = try heed(
            "label", "invite", "--store", store, "--role", "lead", "--at", "https://a.example/")
        let link = try #require(call.lines.first)
        #expect(call.status == 0 && link.hasPrefix("https://a.example/join/"))
        let token = try #require(link.split(separator: "/").last.map(String.init))
        let joined = try FeedbackStore(at: URL(fileURLWithPath: store)).write(by: nil) {
            try $0.accept(invitation: token, name: "Ada").annotator
        }
        #expect(joined.role == .lead)
        #expect(try heed("label", "invite", "--store", store, "--days", "0").status == 64)
        #expect(try heed("label", "invite", "--store", folder.path("none.sqlite")).status == 66)
    }

    @Test func votesBetweenTwoAnswersInTheTerminal() throws {
        let flags = [
            "chat", "--model", model, "--against", model, "--store", store, "--max-new-tokens", "6",
            "--precision", "fp32", "--json",
        ]
        let call = try Invocation(flags, input: "Hello\nwhat\na3\nAnd you?\n=\n")
        #expect(call.status == 0 && call.lines.count == 2, "\(call.errors)")
        #expect(call.errors.contains("a or b (a1 to a4"))
        let judgments = try FeedbackStore(at: URL(fileURLWithPath: store), .reading).read {
            try $0.judgments(in: 1)
        }
        #expect(judgments.count == 2)
        let first = try #require(judgments.first)
        #expect(first.opinion.verdicts[""] == .better(first.arrangement[0], strength: 3))
        #expect(judgments.last?.opinion.verdicts[""] == .tie)
        #expect(try Invocation("chat", "--model", model, "--against", model).status == 64)
    }
}
