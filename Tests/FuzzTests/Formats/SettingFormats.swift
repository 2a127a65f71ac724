import Foundation
import Settings
import TestSupport
import Verbs

@testable import Recipes

extension FuzzFormat {
    /// YAML, and arguments of the command line.
    static let settings = [
        FuzzFormat(
            "settings", .text, sources: ["Settings/Setting.swift", "Settings/SettingsDecoder.swift"],
            samples: [trainingSettings], words: yamlWords
        ) { input in
            let file = try input.file("settings.yaml")
            _ = try Verb.all[input.index % Verb.all.count].prepare(ConfigurationReader(file: file))
        },
        FuzzFormat(
            "recipe", .text, sources: [], samples: [shortRecipe], words: yamlWords
        ) { input in
            _ = try Recipe(contentsOf: input.file("recipe.yaml"))
        },
        FuzzFormat(
            "study", .text, sources: ["Recipes/Study/Registration.swift"], samples: [shortStudy],
            words: yamlWords + studyWords
        ) { input in
            // The stages that follow from it read settings, as the format of that name does.
            var mistakes = Mistakes()
            _ = try StudyFile(contentsOf: input.file("study.yaml"), verbs: Verb.all, &mistakes)
            try mistakes.check()
        },
    ]

    /// Keys that all verbs know, so that the samples are read by all.
    private static let trainingSettings = """
        # what every run has
        output: runs/x
        seed: 42
        device: cpu
        threads: 2
        """

    private static let shortRecipe = """
        name: short
        output: runs/short
        model: m
        stages:
          - verb: prompts
            corpus: &corpus texts
            exclude: [coding, "a"]
            held_out_fraction: 0.4
            expected_seconds: 5
          - name: tuned
            verb: dpo
            train: rows.jsonl
            learning_rate: 1e-6
            beta: 0.1
            lora_rank: 4
            epochs: 1.5
            warmup_ratio: 0.1
            max_length: 256
        """

    private static let shortStudy = """
        name: short
        model: m
        prompts: {validation: v.jsonl, test: t.jsonl}
        judgments: j.jsonl
        judges:
          helpful: [warm, concise]
        budget: {updates: 40}
        seeds: 2
        stations: 1
        search:
          by: halving
          trials: 4
          space:
            learning_rate: {from: 1e-5, to: 1e-3}
        analysis: {level: 0.05, spread: {prompts: 0.2}}
        arms:
          - best-of-n
          - {name: strict, arm: dpo, beta: 0.5, search: {label_smoothing: [0, 0.1]}}
          - name: both
            stages:
              - {verb: sft, train: r.jsonl}
              - {verb: dpo, model: '${sft}', train: '${study.judgments}'}
        """

    private static let studyWords = [
        "arms: ", "search: ", "space: ", "from: ", "to: ", "trials: ", "seeds: ", "${study.judgments}",
        "${study.x}",
    ]

    private static let yamlWords = [
        "&a ", "*a", "<<: ", "!!int ", "!!binary ", "? ", "|\n", ">\n", "---\n", "...\n", "%YAML 9.9\n", "{",
        "}", "[",
        "]", ": ", "- ", "#", "~", ".inf", "-.inf", ".nan", "0x7fffffffffffffff", "0o17", "1_000", "1:30",
        "yes",
        "learning_rate: ", "batch_size: ", "epochs: ", "max_steps: ", "lora_rank: ", "save_steps: ",
        "temperature: ",
        "per_device_train_batch_size: ", "gradient_accumulation_steps: ", "beta: ", "n: ", "train: ",
        "model: ",
        "warmup_steps: ", "max_length: ", "ensemble: ", "held_out: ", "${tuned}", "\t", "\u{85}", "\u{2028}",
    ]
}
