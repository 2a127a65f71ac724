import Foundation
import Runs
import Settings
import TestSupport
import Testing

@testable import Verbs

/// Whole pre-training runs against transformers' and torch's, step by step; their settings are the cases' hyperparameters.
@Suite(.serialized) struct PretrainTrajectoryTests {
    private static let cases = [
        "cosine", "cosine_clip_sometimes", "cosine_grad_accum_2", "cosine_whole_row_attention", "wsd_linear",
        "wsd_one_minus_sqrt", "muon_wsd_linear", "muon_match_rms",
    ]

    /// Iterations in bf16 differ among correct implementations, by as much as the case lists.
    @Test(arguments: cases) func asTorchDoes(_ name: String) throws {
        let expected = try Fixtures.goldenValues("pretrain/\(name)/expected.json")
        try check(
            run(expected), against: expected["steps"], place: name,
            spread: name.hasPrefix("muon") ? expected["observed_noise"] : nil)
    }

    /// The sharper target: Newton–Schulz iterations that round to fp32 alone.
    @Test(arguments: cases.filter { $0.hasPrefix("muon") }) func withIterationsInFloat32(_ name: String)
        throws
    {
        let expected = try Fixtures.goldenValues("pretrain/\(name)/expected.json")
        try check(
            run(expected, ["muon_precision": "fp32"]), against: expected["steps_newton_schulz_in_float32"],
            place: name)
    }

    private func run(_ expected: GoldenValue, _ changes: [String: Any] = [:]) throws -> [MetricsRecord] {
        let folder = try ScratchFolder()
        let data = try Data(contentsOf: Fixtures.golden("\(expected.path)"))
        let json = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        var settings = try #require(json?["hyperparameters"] as? [String: Any])
        settings["model"] = Fixtures.golden("tiny-llama").path
        settings["train"] = Fixtures.golden("pretrain/documents.jsonl").path
        settings["eval"] = Fixtures.golden("pretrain/heldout.jsonl").path
        settings["output"] = folder.path("run")
        settings["shards"] = folder.path("shards")
        settings.merge([
            "max_steps": 8, "shuffle": false, "eval_every": 1, "device": "cpu", "precision": "fp32",
            "sample_prompts": [String](), "checkpoint_every": 0,
        ]) { $1 }
        settings.merge(changes) { $1 }
        let yaml = try JSONSerialization.data(withJSONObject: settings)
        let file = try folder.write(String(decoding: yaml, as: UTF8.self), to: "case.yaml")
        _ = try Verb.pretrain.prepare(ConfigurationReader(file: file)).run(
            mode: .new, progress: ProgressDisplay(style: .quiet), origin: .init(command: "heed"))
        return try MetricsLog.read(folder.url.appending(path: "run/metrics.jsonl"))
    }

    /// - Parameter spread: among correct implementations, by kind and metric, of which three times as much is allowed; nil: that
    ///   of fp32.
    private func check(
        _ found: [MetricsRecord], against steps: GoldenValue, place: String, spread: GoldenValue? = nil
    ) throws {
        let steps = try steps.array.dropFirst()
        #expect(found.count == steps.count)
        for (record, step) in zip(found, steps) {
            for name in step.keys where name != "step" {
                let key = name == "heldout_bits_per_byte" ? "eval_bits_per_byte" : name
                let wanted = try step[name].double
                let value = try #require(record[key], "\(place): \(key) is missing")
                let noise = try spread?.keys.compactMap { try spread?[$0].optional(name)?["max_abs"].double }
                    .max()
                let tolerance = 3 * (noise ?? 0) + 4e-6 * max(1, abs(wanted))
                #expect(
                    abs(value - wanted) <= tolerance,
                    "\(place) step \(record.step) \(key): found \(value), expected \(wanted) ± \(tolerance)")
            }
        }
    }
}
