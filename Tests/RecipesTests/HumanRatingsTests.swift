import Foundation
import JSON
import Runs
import Settings
import TestSupport
import Testing

@testable import Recipes

/// `recipes/human-ratings.yaml` itself, on a tiny model and a handful of conversations in the layout of the real ones.
@Suite struct HumanRatingsTests {
    @Test func aRewardModelIsReportedBesideLength() throws {
        let folder = try ScratchFolder()
        let repository = Fixtures.root.deletingLastPathComponent().deletingLastPathComponent()
        let real = try String(
            contentsOf: repository.appending(path: "recipes/human-ratings.yaml"), encoding: .utf8)
        let corpus = Fixtures.root.appending(path: "rated-conversations/conversations.json").path
        let tiny =
            real
            .replacingOccurrences(of: "smollm2-135m-instruct", with: Fixtures.golden("tiny-llama").path)
            .replacingOccurrences(of: "corpus: chitchat-ratings", with: "corpus: \(corpus)")
            .replacingOccurrences(of: "held_out_fraction: 0.4", with: "held_out_fraction: 0.5")
        let file = try folder.write(tiny, to: "human-ratings.yaml")
        let flags = [("--output", folder.path("out")), ("--device", "cpu"), ("--precision", "fp32")]
        let recipe = try Recipe(
            contentsOf: file, overrides: flags.map { ConfigurationOverride(flag: $0.0, value: $0.1) })
        _ = try RecipeRun(
            recipe, command: "heed run human-ratings.yaml", progress: ProgressDisplay(style: .quiet)
        ).run()

        let report = try JSONValue(parsing: folder.data("out/report/report.json"), tolerating: .all)
        let quality = try #require(report.object?["reward_model"]?.object)
        for key in ["accuracy", "length_only_accuracy"] {
            let mean = try #require(quality[key]?.object?["mean"]?.number, "\(key)")
            #expect((0...1).contains(mean))
        }
        #expect(try #require(quality["comparisons"]?.integer) > 0)
        #expect(report.object?["curves"]?.array?.count == 1)
        #expect(folder.holds("out/reward-model/final/adapter_config.json"))
    }
}
