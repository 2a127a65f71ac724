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

    private func prepare(
        _ verb: Verb, _ settings: [String: any Encodable], output: String
    ) throws -> PreparedVerb {
        var settings = settings
        settings["output"] = jobs.folder.path(output)
        return try verb.prepare(
            ConfigurationReader(
                file: nil,
                overrides: settings.map {
                    ConfigurationOverride(
                        flag: "--\($0.key.replacingOccurrences(of: "_", with: "-"))", value: $0.value)
                }))
    }

    private func check(_ error: any Error, _ what: String) {
        let category = (error as? any CategorizedError)?.category
        #expect(category != nil && category != .ownFault, "\(what): \(error)")
    }

    @Test(arguments: Verb.all.map(\.name)) func everyKeyTakesOrRefusesThem(_ name: String) throws {
        let verb = try #require(Verb.all.first { $0.name == name })
        let base = try base(verb)
        let keys = try prepare(verb, base, output: "out").yaml.split(separator: "\n").map {
            String($0.prefix { $0 != ":" })
        }
        for key in keys where key != "output" {
            for (index, number) in Self.numbers.enumerated() {
                var settings = base
                settings[key] = number
                let what = "\(name): \(key) = \(number)"
                do {
                    let prepared = try prepare(verb, settings, output: "\(key)-\(index)")
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
            for number in [Double.nan, .infinity] {
                var settings = try base(verb)
                guard settings["max_steps"] != nil else { continue }
                for key in ["learning_rate", "epochs", "weight_decay", "max_grad_norm", "warmup_ratio"] {
                    settings[key] = number
                    #expect(throws: ConfigurationError.self) {
                        _ = try prepare(verb, settings, output: "o")
                    }
                    settings[key] = nil
                }
            }
        }
    }
}
