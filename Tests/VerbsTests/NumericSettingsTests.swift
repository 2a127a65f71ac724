import Errors
import Foundation
import JSON
import RunTestSupport
import Settings
import TestSupport
import Testing

@testable import Verbs

/// No number that comes from outside ends the program or is called a fault of its own.
@Suite struct NumericSettingsTests {
    private static let numbers: [any Encodable & Sendable] = [
        Double.nan, Double.infinity, -Double.infinity, -1, 0, Int.max, Int.min, 1e308, -1e308,
    ]

    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns() }

    /// What a small run of each verb needs.
    private func base(_ verb: Verb) throws -> [String: any Encodable] {
        var settings: [String: any Encodable] = ["device": "cpu", "precision": "fp32"]
        settings["model"] = jobs.model
        let completions = [Fixtures.golden("sft/prompt_completion.jsonl").path]
        switch verb.name {
        case "sft": settings["train"] = completions
        case "pretrain":
            settings["train"] = [Fixtures.golden("pretrain/heldout.jsonl").path]
            settings["shards"] = jobs.folder.path("shards")
            settings["sample_prompts"] = [String]()
            settings["max_length"] = 16
        case "reward": settings["train"] = [Fixtures.golden("reward/preference_plain.jsonl").path]
        case "dpo", "orpo", "cpo": settings["train"] = [Fixtures.golden("dpo/preference_plain.jsonl").path]
        case "kto": settings["train"] = [Fixtures.golden("kto/unpaired.jsonl").path]
        case "ppo", "grpo":
            settings["prompts"] = completions
            settings["reward"] = ["concise"]
            settings["max_new_tokens"] = 4
            settings["rollout_batch"] = 2
            if verb.name == "grpo" { settings["group_size"] = 2 }
        case "score":
            settings["data"] = completions
            return settings
        default: return ["device": "cpu", "precision": "fp32"]
        }
        settings["max_steps"] = 1
        settings["batch_size"] = 2
        return settings
    }

    private func flag(_ key: String, _ value: any Encodable) throws -> Setting {
        let flag = "--\(key.replacingOccurrences(of: "_", with: "-"))"
        return try ConfigurationOverride(flag: flag, value: value).setting
    }

    /// - Parameter settings: flags, which are read once for all that they are prepared with.
    private func prepare(
        _ verb: Verb, _ settings: [Setting], _ key: String? = nil, _ value: any Encodable = 0, output: String
    ) throws -> PreparedVerb {
        let changed = try key.map { [try flag($0, value)] } ?? []
        let output = try flag("output", jobs.folder.path(output))
        return try verb.prepare(
            ConfigurationReader(
                settings: [], shared: [], flags: settings.filter { $0.key != key } + changed + [output]))
    }

    private func check(_ error: any Error, _ what: String) {
        let category = (error as? any CategorizedError)?.category
        #expect(category != nil && category != .ownFault, "\(what): \(error)")
    }

    @Test(arguments: Verb.all.map(\.name)) func everyKeyTakesOrRefusesThem(_ name: String) throws {
        let verb = try #require(Verb.all.first { $0.name == name })
        let base = try base(verb)
        let flags = try base.map { try flag($0.key, $0.value) }
        let keys = try prepare(verb, flags, output: "out").yaml.split(separator: "\n").map {
            String($0.prefix { $0 != ":" })
        }
        // What names a folder takes any word, and the run would write there.
        for key in keys where !["output", "shards"].contains(key) {
            for (index, number) in Self.numbers.enumerated() {
                let what = "\(name): \(key) = \(number)"
                do {
                    let prepared = try prepare(verb, flags, key, number, output: "\(key)-\(index)")
                    // What the settings take, the run has to take.
                    guard base["model"] != nil, key != "max_steps" else { continue }
                    _ = try prepared.run(
                        mode: .new, progress: jobs.context("none").progress, origin: .init(command: ""))
                } catch { check(error, what) }
            }
        }
    }

    @Test func whatIsNoNumberIsRefused() throws {
        for verb in Verb.all {
            let base = try base(verb)
            guard base["max_steps"] != nil else { continue }
            let flags = try base.map { try flag($0.key, $0.value) }
            for number in [Double.nan, .infinity] {
                for key in ["learning_rate", "epochs", "weight_decay", "max_grad_norm", "warmup_ratio"] {
                    #expect(throws: ConfigurationError.self) {
                        _ = try prepare(verb, flags, key, number, output: "o")
                    }
                }
            }
        }
    }
}
