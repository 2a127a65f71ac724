import Files
import Foundation
import Models
import RunTestSupport
import Settings
import TestSupport
import Testing

@testable import Rewards

/// `reward.json` and `ensemble.json` that somebody changed: refused by file and key, whatever is wrong.
@Suite struct RewardFilesTests {
    private let jobs: TinyRuns
    private let folder: URL

    init() throws {
        jobs = try TinyRuns()
        folder = jobs.folder.url.appending(path: "model")
        try FileManager.default.copyItem(at: Fixtures.golden("tiny-reward"), to: folder)
    }

    private func expectRefusal(_ file: String, _ json: String, _ words: String..., key: String?) throws {
        try Data(json.utf8).write(to: folder.appending(path: file))
        let error = #expect(throws: MalformedFile.self, "\(json)") {
            try RewardModelSource(folder.path, on: jobs.computation)
        }
        #expect(error?.category == .badData)
        #expect(
            error?.file.hasSuffix("/model/\(file)") == true && error?.key == key,
            "\(json): \(String(describing: error))")
        for word in words {
            #expect(error?.description.contains(word) == true, "\(String(describing: error))")
        }
    }

    @Test func aDescriptionThatIsWrong() throws {
        let likelihood = #""aspects": ["LABEL_0"], "likelihood""#
        try expectRefusal("reward.json", #"{"aspects": ["LABEL_0"]}"#, "no such key", key: "likelihood")
        try expectRefusal(
            "reward.json", #"{"aspects": ["LABEL_0"], "likelihood": {"ratings": []}, "length_baseline": 3}"#,
            "an object", key: "length_baseline")
        try expectRefusal("reward.json", #"{"aspects": "LABEL_0"}"#, "a list", key: "aspects")
        try expectRefusal("reward.json", #"{"aspects": [1]}"#, "text", key: "aspects[0]")
        try expectRefusal("reward.json", #"{"aspects": [], "likelihood": {"ratings": []}}"#, key: "aspects")
        try expectRefusal(
            "reward.json", #"{"aspects": ["a", "b"], "likelihood": {"ratings": []}}"#, "1 names",
            key: "aspects")
        try expectRefusal(
            "reward.json", "{\(likelihood): {\"ratings\": [], \"thumb_offsets\": []}}", "a list of 1",
            key: "likelihood.thumb_offsets")
        try expectRefusal(
            "reward.json",
            "{\(likelihood): {\"ratings\": []}, \"normalizer\": {\"means\": [[0], [1]], \"standard_deviations\": [[1]], \"responses\": 4}}",
            key: "normalizer.means")
        try expectRefusal("reward.json", "{\(likelihood): {\"ratings\": [1]}}", key: "likelihood.ratings[0]")
        try expectRefusal("reward.json", "{", "expected JSON", key: nil)
        try expectRefusal("reward.json", "", key: nil)
        try expectRefusal("reward.json", "[]", key: nil)
    }

    /// A judge with weights in 8 bits is another one, and nearly the same.
    @Test func aRewardModelJudgesInBytes() throws {
        let answers = ["yes", "no, never", "perhaps tomorrow"].map {
            RewardInput(prompt: .plain("Question? "), text: $0, isFinished: true)
        }
        let scores = try ["", ":precision=int8"].map { options in
            try RewardModelSource(folder.path + options, on: jobs.computation).load(on: jobs.computation)
                .scores(of: answers).compactMap(\.self)
        }
        #expect(scores[0].count == 3 && scores[0] != scores[1])
        for (exact, rounded) in zip(scores[0], scores[1]) { #expect(abs(exact - rounded) < 0.05) }
        #expect(throws: NamedArgumentError.self) {
            try RewardModelSource(folder.path + ":precision=int4", on: jobs.computation)
        }
    }

    @Test func anEnsembleThatIsWrong() throws {
        try expectRefusal("ensemble.json", #"{"members": []}"#, "at least one folder", key: "members")
        try expectRefusal("ensemble.json", #"{"members": 3}"#, "a list", key: "members")
        try expectRefusal("ensemble.json", #"{"members": [null]}"#, "null", key: "members[0]")
        try expectRefusal("ensemble.json", "{}", "no such key", key: "members")
        try expectRefusal("ensemble.json", #"{"members": ["a"}"#, "JSON", key: nil)
    }
}
