import Foundation
import Models
import Settings

@testable import Rewards

extension FuzzFormat {
    /// Reward models and arguments that choose rewards.
    static let rewards = [
        FuzzFormat(
            "reward.json", .json, sources: ["Rewards/RewardModel/RewardDescription.swift"],
            samples: [description]
        ) { input in
            _ = try input.file("reward.json")
            _ = try RewardDescription(in: input.folder)
        },
        FuzzFormat(
            "ensemble.json", .json, sources: ["Rewards/RewardModel/RewardEnsemble.swift"],
            samples: [#"{"members": ["member-1", "member-2"]}"#]
        ) { input in
            _ = try input.file("ensemble.json")
            _ = try RewardEnsemble(in: input.folder)
        },
        FuzzFormat(
            "rewards", .text,
            sources: [
                "Settings/NamedArgument.swift", "Rewards/Catalogue/RewardCatalogue.swift",
                "Rewards/Catalogue/RewardCatalogue+Standard.swift",
            ],
            samples: [
                "concise:enough=20,weight=0.5", "concise",
                "reward-model:group=mean,weights=kind/2+short/1,gate=kind,gate_threshold=0.1,caution=1",
            ].map { Array($0.utf8) }, words: [":", "=", ",", "/", "+", "weight=", "temperature=", "error="]
        ) { _ in
            var run = RunConfiguration()
            run.device = "cpu"
            let computation = try Computation(run)
            // The others read files or models, or fetch them.
            let entries = RewardCatalogue.standard.entries.filter { $0.name == "concise" }
            return { input in
                if input.text.hasPrefix("reward-model") {
                    _ = try ScoreCombination(NamedArgument(input.text, kind: "reward"))
                } else {
                    _ = try RewardCatalogue(entries: entries)
                        .judge(RewardSelection([input.text]), seed: 1, on: computation)
                }
            }
        },
        FuzzFormat(
            "program-reply", .json, sources: ["Rewards/Program/ProgramReply.swift"],
            samples: [#"{"id": 7, "reward": 0.5}"#, #"{"id":0,"reward":null}"#]
        ) { input in _ = try ProgramReply(input.bytes) },
        FuzzFormat(
            "lexicon", .text, sources: [], samples: ["good\t1.9\t0.5\t[2, 2]\nbad\t-2.5\t0.6\nso-so\t0\n"],
            words: ["\t", "\n", "NaN", "inf"]
        ) { input in _ = try ValenceLexicon(contentsOf: input.file("lexicon.txt")) },
    ]

    private static let description = """
        {"aspects": ["kind", "short"], "groups": {"column": "group", "names": ["a", "b"]},
         "likelihood": {"thumb_offsets": [0.5, 0], "log_ties": [[0.1], [0.2]], "group_leniencies": [[0, 0], [1, 1]],
          "ratings": [{"scale": {"lowest": 1, "highest": 5, "edges": [1.5, 2.5]}, "lowest_thresholds": [0.1, 0.2],
                       "log_gaps": [[0.3], [0.4]]}]},
         "length_baseline": {"slope": 0.1, "thumb_slope": 0, "thumb_intercept": 0.5},
         "normalizer": {"means": [[0, 1], [0, 1], [0, 1]],
                        "standard_deviations": [[1, 2], [1, 2], [1, 2]], "responses": 10}}
        """
}
