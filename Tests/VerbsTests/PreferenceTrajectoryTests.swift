import Evaluation
import Foundation
import Runs
import Settings
import TestSupport
import Testing

@testable import Verbs

/// Whole runs on comparisons, on single judged answers and from a teacher against TRL's, step by step; their settings are
/// TRL's files.
@Suite(.serialized) struct PreferenceTrajectoryTests {
    private static func cases(_ root: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: Fixtures.golden(root).path)) ?? [])
            .filter { !$0.contains(".json") }.sorted().map { "\(root)/\($0)" }
    }

    @Test func everyCaseIsThere() {
        #expect(["dpo", "kto", "orpo", "cpo", "distill"].map { Self.cases($0).count } == [32, 6, 3, 8, 4])
    }

    @Test(arguments: cases("dpo")) func dpo(_ name: String) throws { try follow(name, by: .dpo) }
    @Test(arguments: cases("kto")) func kto(_ name: String) throws { try follow(name, by: .kto) }
    @Test(arguments: cases("distill")) func distill(_ name: String) throws { try follow(name, by: .distill) }

    /// TRL averages these logits over padding too.
    private static let overPadding: Set<String> = ["logits/chosen", "logits/rejected"]

    @Test(arguments: cases("orpo")) func orpo(_ name: String) throws {
        try follow(name, by: .orpo, ignoring: Self.overPadding)
    }

    @Test(arguments: cases("cpo")) func cpo(_ name: String) throws {
        try follow(name, by: .cpo, ignoring: Self.overPadding)
    }

    /// What `dpo --loss` says of another method is that method.
    @Test(arguments: [
        ("kto/kto", "kto"), ("kto/apo_zero_unpaired", "apo_zero_unpaired"), ("orpo/orpo_plain", "orpo"),
        ("cpo/cpo_sigmoid_plain", "cpo"), ("cpo/simpo_plain", "simpo"), ("cpo/alphapo_plain", "alphapo"),
    ]) func reachedThroughDPO(_ name: String, _ loss: String) throws {
        try follow(name, by: .dpo, ignoring: Self.overPadding) { settings in
            settings["loss_type"] = nil
            settings["cpo_alpha"] = nil
            settings["loss"] = loss
        }
    }

    private func follow(
        _ name: String, by verb: Verb, ignoring ignored: Set<String> = [],
        changing change: (inout [String: Any]) -> Void = { _ in }
    ) throws {
        let golden = try GoldenTrajectory(name)
        let folder = try ScratchFolder()
        var settings = try settings(of: golden, output: folder.path("run"))
        change(&settings)
        let yaml = try JSONSerialization.data(withJSONObject: settings)
        let file = try folder.write(String(decoding: yaml, as: UTF8.self), to: "trl.yaml")
        _ = try verb.prepare(ConfigurationReader(file: file)).run(
            mode: .new, progress: ProgressDisplay(style: .quiet), origin: .init(command: "heed"))
        let found = try MetricsLog.read(folder.url.appending(path: "run/metrics.jsonl"))
        try golden.check(found.map { record in { record[$0] } }, ignoring: ignored)
    }

    /// The case's file of settings with the paths of this machine.
    private func settings(of golden: GoldenTrajectory, output: String) throws -> [String: Any] {
        let data = try Data(contentsOf: Fixtures.golden("\(golden.name)/expected.json"))
        let json = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        var settings = try #require(json?["hyperparameters"] as? [String: Any])
        let root = try #require(golden.name.split(separator: "/").first)
        let dataset = try #require(settings["dataset"] as? String)
        settings["dataset"] = Fixtures.golden("\(root)/\(dataset)").path
        let model = (settings["model"] as? String ?? "tiny-llama").split(separator: " ").map(String.init)
        settings["model"] = Fixtures.golden(model[0]).path
        if model.count > 1 { settings["init_adapter"] = Fixtures.golden(model[2]).path }
        let reference = settings["ref_model"] as? String
        switch reference {
        case "tiny-llama-ref"?: settings["ref_model"] = Fixtures.golden("tiny-llama-ref").path
        // The start of the adapter adds nothing to the model beneath it.
        case "adapter disabled"?: settings["ref_model"] = settings["model"]
        default: settings["ref_model"] = nil
        }
        if let teacher = settings["teacher"] as? String {
            settings["teacher"] = Fixtures.golden(teacher).path
        }
        settings["output_dir"] = output
        settings["use_cpu"] = true
        settings["bf16"] = false
        settings["shuffle_dataset"] = false
        return settings
    }
}
