import Foundation
import Settings
import TestSupport
import Testing

@testable import Recipes

@Suite struct RecipeTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func recipe(_ yaml: String, flags: [ConfigurationOverride] = []) throws -> Recipe {
        try Recipe(
            contentsOf: folder.write(yaml, to: "r.yaml"), overrides: flags, verbs: NoteVerb().verbs)
    }

    private func message(_ yaml: String) -> String? {
        do { _ = try recipe(yaml) } catch { return "\(error)" }
        return nil
    }

    @Test func recipesThatComeWithHeedCanBeRead() throws {
        let recipes = Fixtures.root.appending(path: "../../recipes").standardizedFileURL
        let files = try FileManager.default.contentsOfDirectory(at: recipes, includingPropertiesForKeys: nil)
        #expect(files.count > 1)
        for file in files {
            #expect(try Recipe(contentsOf: file, overrides: []).stages.count > 1, "\(file.lastPathComponent)")
        }
    }

    @Test func namesAndOutputHaveDefaults() throws {
        let recipe = try recipe("stages:\n  - verb: note\n")
        #expect(recipe.name == "r" && recipe.output == "runs/r")
        #expect(recipe.stages.map(\.name) == ["note"])
        #expect(recipe.stages[0].output == "runs/r/note.jsonl")
    }

    @Test func referencesArePathsAndGiveTheOrder() throws {
        let recipe = try recipe(
            """
            name: x
            output: out
            stages:
              - name: last
                verb: note
                from:
                  - ${first}
                  - ${both.held-out}
              - name: trained
                verb: dpo
                train: ${both.train}
                reference: ${other}
              - name: other
                verb: dpo
                train: rows.jsonl
                model: m
              - name: first
                verb: note
              - name: both
                verb: pair
                text: a ${first} b
            """)
        #expect(recipe.stages.map(\.name) == ["other", "first", "both", "last", "trained"])
        let inputs = Dictionary(uniqueKeysWithValues: recipe.stages.map { ($0.name, $0.prepared.inputs) })
        #expect(
            inputs["last"] == [
                .setting(.data("out/first.jsonl")), .setting(.data("out/both/held-out.jsonl")),
            ])
        #expect(
            inputs["trained"] == [
                .setting(.model("out/other/final")), .setting(.data("out/both/train.jsonl")),
            ])
        #expect(recipe.stages[2].prepared.yaml.contains("text: a out/first.jsonl b\n"))
        #expect(recipe.stages[4].dependencies == ["both", "other"])
    }

    @Test func sharedSettingsHoldWhereAStageKnowsThemAndDoesNotSetThem() throws {
        let yaml = """
            seed: 7
            model: shared
            stages:
              - name: a
                verb: note
              - name: b
                verb: note
                seed: 8
                model: own
            """
        let stages = try recipe(yaml).stages
        #expect(
            stages[0].prepared.yaml.contains("seed: 7")
                && stages[0].prepared.inputs == [.setting(.model("shared"))])
        #expect(
            stages[1].prepared.yaml.contains("seed: 8")
                && stages[1].prepared.inputs == [.setting(.model("own"))])

        let flags = [
            ConfigurationOverride(flag: "--seed", value: 9),
            ConfigurationOverride(flag: "--output", value: "elsewhere"),
        ]
        let flagged = try recipe(yaml, flags: flags).stages
        #expect(flagged[0].prepared.yaml.contains("seed: 9") && flagged[1].prepared.yaml.contains("seed: 8"))
        #expect(flagged[0].output == "elsewhere/a.jsonl")
    }

    @Test func mistakesAreNamedWithTheirPlace() {
        func check(_ yaml: String, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation) {
            #expect(message(yaml) == expected, sourceLocation: sourceLocation)
        }
        check("name: x\n", "r.yaml: expected a list of stages under 'stages', found nothing")
        check("stages: note\n", "r.yaml:1: stages: expected a list of stages, found 'note'")
        check("stages: []\n", "r.yaml:1: stages: expected a list of stages, found a list")
        check(
            "stags:\n  - verb: note\n", "r.yaml:1: 'stags' is not a key of a recipe; did you mean 'stages'?")
        check(
            "stages:\n  - note\n",
            "r.yaml:2: stages: expected a stage with 'name', 'verb' and its settings, found no mapping")
        check("stages:\n  - name: a\n", "r.yaml:2: expected what the stage does under 'verb', found nothing")
        check("stages:\n  - verb: notes\n", "r.yaml:2: 'notes' is not a verb; did you mean 'note'?")
        check("stages:\n  - verb: xylophone\n", "r.yaml:2: 'xylophone' is not a verb; choose note, pair, dpo")
        check(
            "stages:\n  - verb: note\n  - verb: note\n",
            "r.yaml:3: another stage is called 'note'; give each its own name")
        check(
            "stages:\n  - verb: note\n    name: a/b\n",
            "r.yaml:3: name: expected a name of letters, digits, '-' and '_', found 'a/b'")
        check(
            "stages:\n  - verb: note\n    txt: hello\n",
            "r.yaml:3: 'txt' is not a setting of this verb; did you mean 'text'?")
        check(
            "stages:\n  - verb: dpo\n    beta: -1\n",
            "r.yaml:3: beta: expected a number above 0, found -1.0")
        check(
            "stages:\n  - verb: note\n    output: x\n",
            "r.yaml:3: a stage writes into the recipe's folder; leave 'output' out, and refer to it by '${STAGE}'"
        )
        check(
            "stages:\n  - verb: note\n    expected_seconds: soon\n",
            "r.yaml:3: expected_seconds: expected a number above 0, found 'soon'")
    }

    /// A stage that cannot be read is no stage that is not there.
    @Test func allMistakesAreToldAtOnce() {
        let yaml = """
            sed: 1
            stages:
              - name: a
                verb: notes
              - verb: note
                from: ${a}
                output: x
                txt: hello
              - verb: dpo
                beta: -1
                eval_every: 3
                train: ${nowhere}
            """
        #expect(
            message(yaml)?.split(separator: "\n").map(String.init) == [
                "r.yaml:1: 'sed' is not a key of a recipe; did you mean 'seed'?",
                "r.yaml:4: 'notes' is not a verb; did you mean 'note'?",
                "r.yaml:7: a stage writes into the recipe's folder; leave 'output' out, and refer to it by '${STAGE}'",
                "r.yaml:8: 'txt' is not a setting of this verb; did you mean 'text'?",
                "r.yaml:12: '${nowhere}' refers to no stage; choose ${note}",
                "r.yaml:10: beta: expected a number above 0, found -1.0",
            ])
    }

    /// What would end the last stage is said before the first.
    @Test func whatAStageMissesIsSaidBeforeAnyRuns() throws {
        let verb = NoteVerb()
        let file = try folder.write(
            "output: \(folder.path("out"))\nstages:\n  - verb: note\n  - verb: dpo\n    train: rows.jsonl\n",
            to: "r.yaml")
        let recipe = try Recipe(contentsOf: file, verbs: verb.verbs)
        let error = #expect(throws: StageFailure.self) {
            _ = try RecipeRun(recipe, command: "", progress: .init(style: .quiet))
        }
        #expect(
            error?.description.hasPrefix("stage 'dpo': model: expected a model") == true, "\(error as Any)")
        #expect(verb.newCalls().isEmpty)
    }

    @Test func referencesThatLeadNowhereAreNamed() {
        let stages = """
            stages:
              - name: p
                verb: pair
              - name: n
                verb: note
                from: REFERENCE
            """
        func check(_ reference: String, _ expected: String) {
            #expect(message(stages.replacingOccurrences(of: "REFERENCE", with: reference)) == expected)
        }
        check("${q}", "r.yaml:6: '${q}' refers to no stage; choose ${p.held-out}, ${p.train}")
        check("${p}", "r.yaml:6: '${p}' is not a result of that stage; choose ${p.held-out}, ${p.train}")
        check(
            "${p.test}",
            "r.yaml:6: '${p.test}' is not a result of that stage; choose ${p.held-out}, ${p.train}")
        check("a ${n}", "r.yaml:4: these stages wait for each other: n → n; break the cycle")
    }

    @Test func circlesAreNamed() {
        let yaml = """
            stages:
              - name: a
                verb: note
                from: ${b}
              - name: b
                verb: note
                from: ${c}
              - name: c
                verb: note
                from: ${b}
            """
        #expect(message(yaml) == "r.yaml:5: these stages wait for each other: b → c → b; break the cycle")
    }
}
