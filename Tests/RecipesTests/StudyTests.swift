import Evaluation
import Foundation
import JSON
import Runs
import Settings
import TestSupport
import Testing
import Verbs

@testable import Recipes

/// A study from its file to its page.
@Suite struct StudyTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private static var fixture: String {
        get throws {
            try String(contentsOf: Fixtures.root.appending(path: "recipes/study.yaml"), encoding: .utf8)
                .replacingOccurrences(of: "FIXTURES", with: Fixtures.root.path)
        }
    }

    private func study(
        _ output: String = "out", _ change: (String) -> String = { $0 }
    ) throws -> Study {
        try Study(
            contentsOf: folder.write(change(Self.fixture), to: "study.yaml"),
            overrides: [ConfigurationOverride(flag: "--output", value: folder.path(output))])
    }

    private func run(
        _ output: String = "out", people: String? = nil, _ change: (String) -> String = { $0 }
    ) throws -> StudyResult {
        let progress = ProgressDisplay(style: .quiet)
        return try StudyRun(
            study(output, change), command: "heed study study.yaml", people: people, progress: progress
        ).run()
    }

    /// What `change` makes of the file, as its mistakes.
    private func mistakes(_ change: (String) -> String) throws -> String {
        let error = #expect(throws: (any Error).self) { try study("out", change) }
        return error.map { "\($0)" } ?? ""
    }

    // MARK: From end to end

    @Test func aStudyIsRunMovedAndChanged() throws {
        let result = try run()
        #expect(result.summary.count == 3)
        // The arm with rows that sft cannot read failed in every training; the others are there.
        #expect(!result.failures.isEmpty && result.failures.allSatisfy { $0.contains("wrong") })
        let report = try JSONValue(parsing: Data(contentsOf: folder.url.appending(path: "out/study.json")))
        let arms = try #require(report["arms"]?.array)
        #expect(arms.compactMap { $0["name"]?.string } == ["start", "best-of-n", "dpo", "wrong"])
        #expect(arms[2]["seeds"]?.integer == 2)
        #expect(arms[2]["trials"]?.array?.count == 2)
        #expect(arms[2]["path"]?.array?.count == 3)
        #expect(arms[3]["failures"]?.array?.isEmpty == false)
        #expect(report["reward_model"]?["accuracy"] != nil)
        #expect(folder.holds("out/measured/dpo/seed-2/measurement.json"))
        #expect(try folder.text("out/.gitignore").contains("/models/"))

        // Elsewhere, without the weights: nothing is trained again, and the same is found.
        try FileManager.default.moveItem(atPath: folder.path("out"), toPath: folder.path("moved"))
        try FileManager.default.removeItem(atPath: folder.path("moved/models"))
        let measured = try folder.data("moved/measured/dpo/seed-1/measurement.json")
        let again = try run("moved") {
            $0.replacingOccurrences(
                of: "  - name: wrong\n    verb: sft\n    train: ${prompts.train}\n", with: "")
        }
        #expect(!folder.holds("moved/models/dpo"))
        #expect(try folder.data("moved/measured/dpo/seed-1/measurement.json") == measured)
        #expect(again.failures.isEmpty)
        let after = try JSONValue(parsing: Data(contentsOf: folder.url.appending(path: "moved/study.json")))
        #expect(after["arms"]?.array?[2]["win_rate"] == arms[2]["win_rate"])
        // The arm that failed was taken out: that stands at the top of the page.
        let changes = after["registration"]?["changes"]?.array?.compactMap(\.string) ?? []
        #expect(changes.contains { $0.hasPrefix("arms.wrong") && $0.hasSuffix("and was taken out") })
        #expect(after["arms"]?.array?[2]["exploratory"] == .boolean(false))
        #expect(try folder.text("moved/registration.json").contains("\"sha256\""))
    }

    /// Half a study, stopped where a kill would leave it: after the first measurements.
    @Test func whatIsMissingIsMadeAgain() throws {
        let short = { (text: String) in
            // Without a search and stations.
            text.replacingOccurrences(of: "stations: 1\n", with: "").replacingOccurrences(
                of:
                    "search:\n  by: random\n  trials: 2\n  space:\n    learning_rate: {from: 1e-4, to: 1e-3}\n",
                with: ""
            ).replacingOccurrences(
                of: "  - name: wrong\n    verb: sft\n    train: ${prompts.train}\n", with: ""
            )
            .replacingOccurrences(of: "seeds: 2", with: "seeds: 1")
                + "\ncapabilities:\n  sums: {task: arithmetic, n: 4, max_new_tokens: 3}\n  letters: letters\n"
        }
        _ = try run("out", short)
        let arms = try JSONValue(parsing: folder.data("out/study.json"))["arms"]?.array ?? []
        #expect(arms.map { $0["capabilities"]?.array?.count } == [2, 2, 2])
        // A model of random numbers solves nothing, before and after.
        let sums = try #require(arms.last?["capabilities"]?.array?.first)
        #expect(sums["name"]?.string == "sums" && sums["solved"]?["mean"]?.number == 0)
        #expect(sums["change"]?["mean"]?.number == 0 && arms[0]["capabilities"]?.array?[0]["change"] == .null)
        #if os(Linux)
        #expect(try #require(arms.last?["cost"]?["peak_memory"]?.integer) > 10_000_000)
        #endif
        let whole = try folder.data("out/measured/dpo/seed-1/measurement.json")
        let csv = try folder.data("out/measurements.csv")
        for file in [
            "measured/dpo/seed-1", ".stages/measured/dpo/seed-1.json", ".stages/models/dpo/seed-1.json",
        ] {
            try FileManager.default.removeItem(atPath: folder.path("out/\(file)"))
        }
        // People are asked about the answers; what they say stays with the study.
        let asked = try run("out", people: folder.path("feedback.sqlite"), short)
        #expect(asked.lines.contains { $0.hasPrefix("Let people vote with heed label --store ") })
        #expect(folder.holds("out/measured/people/votes.json"))
        #expect(try run("out", short).people?.contains("0 people voted on 0 of") == true)
        #expect(try folder.data("out/measured/dpo/seed-1/measurement.json") == whole)
        #expect(try folder.data("out/measurements.csv") == csv)
    }

    // MARK: Several models

    @Test func severalModelsHaveOnePage() throws {
        let text = try Self.fixture.replacingOccurrences(
            of: "model: \(Fixtures.golden("tiny-llama").path)",
            with:
                "models: {one: \(Fixtures.golden("tiny-llama").path), two: \(Fixtures.golden("tiny-qwen2").path)}"
        )
        let short = text.replacingOccurrences(of: "seeds: 2\nstations: 1\n", with: "seeds: 1\n")
            .replacingOccurrences(
                of: "  - dpo\n  - name: wrong\n    verb: sft\n    train: ${prompts.train}\n", with: ""
            )
            .replacingOccurrences(
                of:
                    "search:\n  by: random\n  trials: 2\n  space:\n    learning_rate: {from: 1e-4, to: 1e-3}\n",
                with: ""
            )
            .replacingOccurrences(of: "  lora_rank: 2\n  batch_size: 4\n", with: "")
            .replacingOccurrences(of: "training:\n", with: "")
        let output = ConfigurationOverride(flag: "--output", value: folder.path("out"))
        let series = try StudySeries(
            contentsOf: folder.write(short, to: "study.yaml"), overrides: [output])
        #expect(series.studies.map(\.model) == ["one", "two"])
        let result = try series.run(
            command: "heed study study.yaml", progress: ProgressDisplay(style: .quiet))
        #expect(result.lines.last?.hasSuffix("out/study.html") == true)
        #expect(folder.holds("out/one/measured/best-of-n/seed-1") && folder.holds("out/two/study.html"))
        let page = try folder.text("out/study.html")
        #expect(page.contains("href=\"one/study.html\"") && page.contains("What holds whatever the model"))
        let all = try JSONValue(parsing: folder.data("out/study.json"))
        #expect(all["models"]?.array?.compactMap { $0["name"]?.string } == ["one", "two"])
        #expect(all["title"]?.string == "tiny-study" && all["pairs"]?.array?.count == 1)
        try folder.write(short + "\nmodel: x\n", to: "study.yaml")
        let error = #expect(throws: StudyMistake.self) {
            _ = try StudySeries(contentsOf: folder.url.appending(path: "study.yaml"))
        }
        #expect(error.map { "\($0)" }?.contains("'model' stands beside 'models'") == true)
    }

    // MARK: Groups

    /// Two groups who want the opposite of each other: what the one gains, the other loses.
    private static func ofGroups(_ text: String) -> String {
        text.replacingOccurrences(
            of: """
                  - start
                  - name: best-of-n
                    n: 2
                  - dpo
                  - name: wrong
                    verb: sft
                    train: ${prompts.train}
                seeds: 2
                stations: 1
                search:
                  by: random
                  trials: 2
                  space:
                    learning_rate: {from: 1e-4, to: 1e-3}
                """,
            with: """
                  - {name: dpo, learning_rate: 3e-4, beta: 0.1}
                seeds: 1
                groups:
                  annotators:
                    brief: concise:enough=1,temperature=0
                    wordy: concise:enough=1,temperature=0,weight=-1
                  responses: ${responses}
                  noise: 0
                """
        ).replacingOccurrences(of: "updates: 2", with: "updates: 6")
            .replacingOccurrences(of: "batch_size: 4", with: "batch_size: 2")
            .replacingOccurrences(of: "test: ${prompts.held-out}", with: "test: ${prompts.train}")
    }

    @Test func whatOneGroupGainsTheOtherLoses() throws {
        let result = try run("groups", Self.ofGroups)
        #expect(result.failures.isEmpty)
        let study = try JSONValue(parsing: folder.data("groups/study.json"))
        let groups = try #require(study["groups"])
        #expect(
            groups["policies"]?.array?.compactMap { $0["name"]?.string } == [
                "brief", "wordy", "pooled", "worst-off",
            ])
        let cells = try #require(groups["cells"]?.array)
        func rate(_ policy: String, _ group: String) throws -> Double {
            let cell = cells.first { $0["policy"]?.string == policy && $0["group"]?.string == group }
            return try #require(cell?["win_rate"]?["mean"]?.number)
        }
        func shifts(_ policy: String) throws -> [Double] {
            let place = folder.url.appending(path: "groups/measured/groups/\(policy)/seed-1")
            return try #require(try ArmMeasurement(folder: place).shifts)
        }
        // Judges who want opposite things: ties count half for both.
        for policy in ["brief", "wordy", "pooled", "worst-off"] {
            #expect(abs(try rate(policy, "brief") + rate(policy, "wordy") - 1) < 1e-9)
        }
        // Whoever gains less by all judgments has the larger share of those for the worst-off.
        let shares = try #require(groups["shares"]?.array)
        let numbers = try shares.map {
            (
                rate: try #require($0["win_rate_on_validation"]?.number),
                share: try #require($0["share"]?.number)
            )
        }
        #expect(abs(numbers[0].rate + numbers[1].rate - 1) < 1e-9)
        #expect(
            abs(log(numbers[0].share / numbers[1].share) + 4 * (numbers[0].rate - numbers[1].rate)) < 1e-9)
        // They never agree about two answers, and one chooses the longer as often as the other the shorter.
        let habits = try #require(groups["habits"])
        #expect(habits["pairs"]?.array?.first?["agreement"]?["mean"]?.number == 0)
        let longer = habits["raters"]?.array?.compactMap { $0["longer"]?["mean"]?.number } ?? []
        #expect(longer.count == 2 && abs(longer[0] + longer[1] - 1) < 1e-9)
        // What the groups' own policies learn points to opposite sides, as all their judgments do.
        let (brief, wordy) = (try shifts("brief"), try shifts("wordy"))
        let opposed = zip(brief, wordy).count { ($0 > 0) != ($1 > 0) }
        #expect(brief.count > 10 && Double(opposed) > 0.8 * Double(brief.count))
        #expect(groups["shifts"]?.array?.count == 2)
        #expect(try folder.text("groups/groups.csv").contains("score:brief,score:wordy"))
        #expect(try folder.text("groups/study.html").contains("Whose preferences"))
        // Elsewhere without weights nothing of it is made again.
        try FileManager.default.removeItem(atPath: folder.path("groups/models"))
        _ = try run("groups", Self.ofGroups)
        #expect(!folder.holds("groups/models/groups/brief/seed-1"))
    }

    @Test func groupsSayWhatTheyNeed() throws {
        func said(_ change: @escaping (String) -> String) throws -> String {
            try mistakes { change(Self.ofGroups($0)) }
        }
        #expect(
            try said { $0.replacingOccurrences(of: "\n  responses: ${responses}\n", with: "\n") }
                .contains("groups: expected under 'responses' what the annotators judge, found nothing"))
        #expect(
            try said { $0.replacingOccurrences(of: "    wordy:", with: "    pooled:") }
                .contains("found 'pooled'"))
        #expect(
            try said { $0.replacingOccurrences(of: "  noise: 0", with: "  arm: ppo") }
                .contains("expected under 'arm' one that learns from judgments (dpo), found 'ppo'"))
        #expect(
            try said { $0.replacingOccurrences(of: "  validation: ${prompts.train}\n", with: "") }
                .contains("expected prompts on which the worst-off group is found under 'validation'"))
        #expect(
            try said { $0.replacingOccurrences(of: "  noise: 0", with: "  judges: {else: warm}") }
                .contains("judges: 'else' is none of brief, wordy"))
    }

    // MARK: The file

    @Test func allMistakesAreToldAtOnce() throws {
        let said = try mistakes { text in
            text.replacingOccurrences(of: "held_out_judgments:", with: "held_out_judgements:")
                .replacingOccurrences(of: "  - dpo\n", with: "  - dpoo\n  - {name: kto, betta: 0.2}\n")
                .replacingOccurrences(of: "lora_rank: 2", with: "lora_rnk: 2")
                .replacingOccurrences(of: "by: random", with: "by: randon")
                .replacingOccurrences(of: "smallest_effect: 0.1", with: "smallest_effect: 3")
                .replacingOccurrences(of: "seeds: 2", with: "seeds: 0") + "\ncapabilities: {easy: sums}\n"
        }
        for part in [
            "'held_out_judgements' is not a key of a study; did you mean 'held_out_judgments'?",
            "'dpoo' is not an arm; did you mean 'dpo'?", "betta",
            "'lora_rnk' is not a key of any arm; did you mean 'lora_rank'?",
            "by: expected random or halving (did you mean 'random'?)",
            "smallest_effect: expected a number from",
            "under 'task' one of arithmetic, letters, spelling, sorting, countdown, stories, harmless, found 'sums' for 'easy'",
            "seeds: expected a whole number from 1", "study.yaml:",
        ] { #expect(said.contains(part), "\(part) in \(said)") }
    }

    @Test func whatTheStudyDoesNotHaveIsNamed() throws {
        #expect(
            try mistakes {
                $0.replacingOccurrences(
                    of: "  - dpo\n", with: "  - {name: mine, verb: sft, train: '${study.demos}'}\n")
            }
            .contains("'${study.demos}' is nothing that the study has; it has"))
        #expect(
            try mistakes { $0.replacingOccurrences(of: "  validation: ${prompts.train}\n", with: "") }
                .contains("expected prompts for the search to choose by under 'validation'"))
    }

    @Test func anArmIsAStageOrAListOfThem() throws {
        let study = try study("out") {
            $0.replacingOccurrences(
                of: "  - dpo\n",
                with: """
                      - name: two-steps
                        stages:
                          - verb: sft
                            train: FILE
                          - verb: dpo
                            model: ${sft}
                            train: ${study.judgments}
                            max_steps: 5

                    """.replacingOccurrences(of: "FILE", with: folder.path("rows.jsonl")))
        }
        let settings = try study.settings
        #expect(settings.contains("models/two-steps/seed-1/sft (sft)"))
        #expect(settings.contains("model: \(folder.path("out/models/two-steps/seed-1/sft/final"))"))
        // Two updates are shared by two stages, unless a stage says otherwise.
        let arm = try #require(study.file.arms.first { $0.name == "two-steps" })
        let entries = try study.plan.training("seed-1", of: arm, seed: 1, on: "test")
        #expect(
            entries.map(\.name) == [
                "models/two-steps/seed-1/sft", "models/two-steps/seed-1/dpo", "measured/two-steps/seed-1",
            ])
        #expect(entries[0].shared.first { $0.key == "max_steps" }?.node.int == 1)
        #expect(entries[1].settings.first { $0.key == "max_steps" }?.node.int == 5)
        #expect(entries[1].settings.first { $0.key == "learning_rate" } == nil)
    }

    @Test func everyBuiltInArmHasAllThatItsVerbNeeds() throws {
        let names = StudyArm.builtIn(hasDemonstrations: false).keys.sorted()
        let study = try study("out") {
            $0.replacingOccurrences(of: "  - dpo\n", with: names.map { "  - \($0)\n" }.joined())
        }
        let entries =
            try study.plan.groundwork()
            + study.file.arms.flatMap { try study.plan.training("seed-1", of: $0, seed: 1, on: "test") }
        let recipe = try study.recipe(entries)
        for stage in recipe.stages { #expect(stage.prepared.missing.isEmpty, "\(stage.name)") }
        #expect(recipe.stages.contains { $0.name == "models/unpaired-judgments" })
        // Four rounds of online DPO share the updates.
        let online = try #require(entries.first { $0.name == "models/online-dpo/seed-1" })
        #expect(online.shared.first { $0.key == "max_steps" }?.node.int == 1)
    }

    // MARK: The search

    @Test func halvingDoublesTheUpdatesAndHalvesTheTrials() throws {
        let plan = try study("out") {
            $0.replacingOccurrences(of: "by: random\n  trials: 2", with: "by: halving\n  trials: 8")
                .replacingOccurrences(of: "updates: 2", with: "updates: 40")
        }.plan
        #expect(plan.rungs == 3)
        #expect((0..<3).map { plan.updates(ofRung: $0) } == [5, 10, 20])
        #expect(plan.survivors(of: 8) == 4)
        let arm = try #require(plan.file.arms.first { $0.name == "dpo" })
        let trials = plan.trials(of: arm)
        #expect(Set(trials.map(\.words)).count == 8)
        let rates = trials.compactMap { $0.first?.node.float }
        #expect(rates.count == 8 && rates.allSatisfy { (1e-4...1e-3).contains($0) })
        #expect(plan.trials(of: arm).map(\.words) == trials.map(\.words))
        let best = try #require(plan.file.arms.first { $0.name == "best-of-n" })
        #expect(plan.trials(of: best).isEmpty)
    }

    @Test func powerSaysHowManyPrompts() throws {
        let power = try study().power
        // Start, best-of-n, dpo and wrong by two judges: six pairs twice.
        #expect(power.comparisons == 12)
        let prompts = power.designs.compactMap { design in design.prompts.map { (design.trainings, $0) } }
        #expect(!prompts.isEmpty)
        for (first, second) in zip(prompts, prompts.dropFirst()) { #expect(first.1 >= second.1) }
        #expect(power.lines.contains { $0.contains("<- the file's") })
    }

    // MARK: The registration

    @Test func whatChangesAfterwardsIsExploratory() throws {
        let file = try folder.write("a: 1\narms:\n  - dpo\n  - {name: ppo, lr: 1}\noutput: x\n", to: "s.yaml")
        let out = folder.url.appending(path: "registered")
        let first = try Registration(of: file, in: out)
        #expect(first.changes.isEmpty && !first.isExploratory("dpo"))
        // Comments, order and place say nothing.
        try folder.write("# new\narms:\n  - {name: ppo, lr: 1}\n  - dpo\na: 1\noutput: y\n", to: "s.yaml")
        #expect(try Registration(of: file, in: out).changes.isEmpty)
        try folder.write("a: 1\narms:\n  - dpo\n  - {name: ppo, lr: 2}\n  - kto\n", to: "s.yaml")
        let second = try Registration(of: file, in: out)
        #expect(second.changes.map(\.words) == ["arms.kto came in: kto", "arms.ppo.lr was 1, is 2"])
        #expect(second.isExploratory("ppo") && second.isExploratory("kto") && !second.isExploratory("dpo"))
        #expect(second.sha256 == first.sha256)
        try folder.write("a: 2\narms:\n  - dpo\n  - {name: ppo, lr: 1}\n", to: "s.yaml")
        let third = try Registration(of: file, in: out)
        #expect(third.isExploratory("dpo") && third.amendments.count == 2)
        // What was registered is never replaced.
        try folder.write("{", to: "registered/registration.json")
        #expect(throws: DamagedRegistration.self) { _ = try Registration(of: file, in: out) }
    }
}
