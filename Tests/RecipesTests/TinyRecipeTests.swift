import Evaluation
import Foundation
import Runs
import Settings
import TestSupport
import Testing

@testable import Recipes

/// The whole loop, from prompts to a report, on a tiny model.
@Suite struct TinyRecipeTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func run(_ change: (String) -> String = { $0 }) throws -> RecipeResult {
        let fixture = try String(
            contentsOf: Fixtures.root.appending(path: "recipes/tiny.yaml"), encoding: .utf8)
        let yaml = fixture.replacingOccurrences(of: "FIXTURES", with: Fixtures.root.path)
        let file = try folder.write(change(yaml), to: "tiny.yaml")
        let recipe = try Recipe(
            contentsOf: file, overrides: [ConfigurationOverride(flag: "--output", value: folder.path("out"))])
        return try RecipeRun(recipe, command: "heed run tiny.yaml", progress: ProgressDisplay(style: .quiet))
            .run()
    }

    private func stagesRun(_ result: RecipeResult) -> [String] {
        result.stages.filter { !$0.finishedBefore }.map(\.name)
    }

    @Test func fromPromptsToAReport() throws {
        let first = try run()
        #expect(stagesRun(first).count == 9)
        for file in [
            "report/report.html", "report/report.json", "dpo/final/adapter_config.json", "ppo/metrics.jsonl",
        ] {
            #expect(folder.holds("out/\(file)"), "\(file)")
        }
        #expect(first.lines.contains("The report is \(folder.path("out/report/report.html"))"))
        let report = try folder.text("out/report/report.json")
        #expect(report.contains("heed run tiny.yaml"))

        // Nothing has changed, so nothing is done.
        #expect(stagesRun(try run()).isEmpty)

        // A killed process may have finished a run and not its record.
        try FileManager.default.removeItem(atPath: folder.path("out/.stages/dpo.json"))
        let weights = try folder.data("out/dpo/final/adapter_model.safetensors")
        #expect(stagesRun(try run()) == ["dpo"])
        #expect(try folder.data("out/dpo/final/adapter_model.safetensors") == weights)

        // Another setting of one method: that method again, and what compares it.
        let changed = try run {
            $0.replacingOccurrences(of: "verb: dpo\n", with: "verb: dpo\n    beta: 0.5\n")
        }
        #expect(stagesRun(changed) == ["dpo", "report"])
        #expect(
            try folder.data("out/dpo/final/adapter_model.safetensors") != weights)
    }
}
