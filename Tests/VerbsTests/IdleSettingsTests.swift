import JSON
import Settings
import Testing

@testable import Verbs

/// Which settings of a run did nothing, so that a report does not name them.
@Suite struct IdleSettingsTests {
    private func idle(_ flags: KeyValuePairs<String, any Encodable>) throws -> Set<String> {
        let reader = try ConfigurationReader(
            file: nil, overrides: flags.map { .init(flag: $0.key, value: $0.value) })
        return try Verb.dpo.prepare(reader).idleSettings
    }

    @Test func settingsOfWhatIsOffAreIdle() throws {
        let plain = try idle([:])
        #expect(
            plain.isSuperset(of: ["lora_alpha", "lora_targets", "eval_every", "shuffle_buffer", "judge", "n"])
        )
        #expect(plain.isDisjoint(with: ["beta", "loss", "batch_size", "learning_rate", "keep_checkpoints"]))
        let full = try idle(["--lora-rank": 4, "--eval": ["e"], "--prompts": ["p"]])
        #expect(full.isDisjoint(with: ["lora_alpha", "lora_targets", "eval_every", "judge", "n"]))
    }

    /// By what run.json says, whatever a flag of now would be told.
    @Test func theSettingsOfARunTellTheSame() {
        let recorded: JSONValue = ["shuffle_buffer": 9, "eval_every": 5, "eval": ["e"], "beta": 0.2]
        let idle = Verb.dpo.idleSettings(in: recorded)
        #expect(idle.contains("shuffle_buffer") && !idle.contains("eval_every") && !idle.contains("beta"))
        #expect(Verb.dpo.idleSettings(in: ["beta": "of another version"]).isEmpty)
    }
}
