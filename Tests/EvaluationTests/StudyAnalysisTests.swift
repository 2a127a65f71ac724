import Foundation
import JSON
import RandomNumbers
import Statistics
import Testing

@testable import Evaluation

/// What a study says of measurements whose truth is known, as they were made up.
@Suite struct StudyAnalysisTests {
    /// Measurements of made-up models: scores are normal numbers around what the prompt, the arm and the training give.
    private struct World {
        var random: RandomSource
        var prompts = 20
        var answers = 2
        /// Standard deviation between trainings of an arm.
        var trainings = 0.2
        let base: [Double]

        init(seed: UInt64, prompts: Int = 20) {
            random = RandomSource(seed: seed)
            self.prompts = prompts
            var random = random
            base = (0..<prompts).map { _ in Self.normal(&random) }
            self.random = random
        }

        static func normal(_ random: inout RandomSource) -> Double {
            (-2 * log(1 - random.uniform())).squareRoot() * cos(2 * .pi * random.uniform())
        }

        /// - Parameters:
        ///   - shift: of the scores; what judge `safe` says falls by as much.
        ///   - kl: of the model, with a station half-way along √KL.
        mutating func training(shift: Double = 0, kl: Double? = nil, letters: Int = 10) -> ArmMeasurement {
            let own = shift + trainings * Self.normal(&random)
            let found = (0..<prompts * answers).map { index in
                let prompt = index / answers
                let score = base[prompt] + own + Self.normal(&random)
                return ArmMeasurement.Answer(
                    prompt: prompt, text: String(repeating: "a", count: letters + random.integer(below: 5)),
                    tokens: 5,
                    isFinished: true, scores: ["helpful": score, "safe": base[prompt] - own], proxy: score,
                    divergence: kl)
            }
            let station = kl.map { kl in
                ArmMeasurement.Station(
                    name: "step 1", divergence: Array(repeating: kl / 4, count: prompts),
                    scores: ["helpful": base.map { $0 + shift / 2 }])
            }
            return ArmMeasurement(
                prompts: (1...prompts).map { "Question \($0)?" }, answers: found,
                stations: [station].compactMap(\.self), distinct2: 0.5, perplexity: nil, cost: .init())
        }

        mutating func arm(
            _ name: String, shift: Double = 0, seeds: Int = 3, kl: Double? = nil, letters: Int = 10
        ) -> StudyInput.Arm {
            StudyInput.Arm(
                name: name, description: "made up",
                seeds: (0..<seeds).map { _ in training(shift: shift, kl: kl, letters: letters) })
        }
    }

    private func input(
        _ start: ArmMeasurement, _ arms: [StudyInput.Arm], judges: [String] = ["helpful"]
    ) -> StudyInput {
        StudyInput(
            title: "made-up", command: "heed study made-up.yaml", created: Date(timeIntervalSince1970: 0),
            start: start, startName: "start", arms: arms,
            judges: judges.map { .init(name: $0, rewards: ["warm"]) },
            registration: .init(date: Date(timeIntervalSince1970: 0), sha256: "abc", changes: []),
            methods: ["Made up."])
    }

    // MARK: By construction

    @Test func theBetterArmIsFoundAndTheEqualOnesAreNotToldApart() throws {
        var world = World(seed: 5, prompts: 60)
        let start = world.training()
        let input = input(
            start,
            [world.arm("better", shift: 2), world.arm("plain"), world.arm("worse", shift: -2)])
        let report = StudyAnalysis(input).report()
        func verdict(_ first: String, _ second: String) -> StudyReport.Verdict? {
            report.comparison(first, second, judge: "helpful")?.verdict
        }
        #expect(verdict("better", "start") == .better)
        #expect(verdict("better", "worse") == .better)
        #expect(verdict("worse", "better") == .worse)
        #expect(verdict("plain", "start") != .better && verdict("plain", "start") != .worse)
        #expect(report.comparisons.count == 6)
        let rate = try #require(report.arm("better")?.winRate)
        // Two deviations apart with noise of both and of trainings: Φ(2/√2.08) = 0.917 but for the start's own luck.
        #expect((0.85...0.97).contains(rate.mean))
        #expect(report.summary.count == 3)
        #expect(report.summary[0].contains("better") && report.summary[0].contains("60 held-out prompts"))
        #expect(report.summary[1].contains("better is better than plain and worse") == true)
        #expect(report.summary[2].contains("people, other models or other prompts"))
    }

    /// Arms of one kind, 1,000 times: at the level of 5 % at most one comparison in twenty says that they differ.
    @Test func equalArmsDifferAtMostAsOftenAsTheLevelSays() throws {
        var wrong = 0
        let studies = 1_000
        for study in 0..<studies {
            var world = World(seed: UInt64(study), prompts: 15)
            let (first, second) = (world.arm("one"), world.arm("other"))
            let outcomes = try #require(ArmOutcomes(first.seeds, against: second.seeds, judge: "helpful"))
            if try #require(outcomes.winRate).probability(of: 0.5) < 0.05 { wrong += 1 }
        }
        print("equal arms called different: \(wrong) of \(studies)")
        #expect(wrong <= 50 + 21)
        #expect(wrong > 5)
    }

    /// One win, one loss and a tie by hand.
    @Test func outcomesByHand() throws {
        func measured(_ scores: [[Double]]) -> ArmMeasurement {
            ArmMeasurement(
                prompts: scores.indices.map { "\($0)" },
                answers: scores.enumerated().flatMap { prompt, scores in
                    scores.map {
                        .init(
                            prompt: prompt, text: "x", tokens: 1, isFinished: true, scores: ["j": $0],
                            proxy: nil,
                            divergence: nil)
                    }
                }, stations: [], distinct2: nil, perplexity: nil, cost: .init())
        }
        // 1 wins once, ties once; 3 wins twice: (1 + 0.5 + 2) / 4.
        let outcomes = try #require(
            ArmOutcomes([measured([[1, 3], [0]])], against: [measured([[0, 1], [5]])], judge: "j"))
        #expect(outcomes.prompts == [0.875, 0])
        #expect(ArmOutcomes([measured([[1]])], against: [measured([[1]])], judge: "other") == nil)
        // A prompt that one training was not judged on is left out for all.
        let uneven = try #require(
            ArmOutcomes(
                [measured([[1], [1]]), measured([[], [0]])], against: [measured([[0], [0]])], judge: "j"))
        #expect(uneven.prompts == [0.75])
    }

    /// Solved are 3 of 4 problems in one training and 2 in the other, of which the start solves 2: 5/8, an eighth more.
    @Test func capabilitiesByHand() throws {
        func measured(_ scores: [Double]) -> ArmMeasurement {
            ArmMeasurement(
                prompts: scores.indices.map { "\($0)" },
                answers: scores.enumerated().map {
                    .init(prompt: $0, text: "x", tokens: 1, isFinished: true, scores: ["sums": $1])
                }, stations: [], distinct2: nil, perplexity: nil, cost: .init())
        }
        let arm = StudyInput.Arm(
            name: "dpo", description: "", seeds: [measured([1, 1, 1, 1])], peakMemory: [1_000, nil, 3_000],
            capabilities: ["sums": [measured([1, 1, 1, 0]), measured([1, 0, 1, 0])]])
        var input = input(measured([0, 0, 0, 0]), [arm], judges: ["sums"])
        (input.capabilities, input.startCapabilities) = (["sums", "none"], ["sums": measured([1, 0, 1, 0])])
        let report = StudyAnalysis(input).report()
        let found = try #require(report.arm("dpo")?.capabilities.first)
        #expect(found.solved.mean == 0.625 && found.change?.mean == 0.125)
        #expect(report.arm("dpo")?.capabilities.count == 1 && report.arm("dpo")?.cost.peakMemory == 3_000)
        #expect(report.arm("start")?.capabilities.first?.change == nil)
        #expect(report.html().contains("What it cost in other abilities"))
    }

    // MARK: At the same distance

    @Test func gainsAreComparedAtTheDistanceThatHalfOfTheArmsReach() throws {
        var world = World(seed: 9, prompts: 40)
        world.trainings = 0
        let start = world.training()
        let input = input(
            start,
            [
                world.arm("far", shift: 2, kl: 16), world.arm("near", shift: 2, kl: 4),
                world.arm("still", shift: 1, kl: 1),
            ])
        let report = StudyAnalysis(input).report()
        #expect(report.matchedKL == 4)
        #expect(report.arm("still")?.matchedGain == nil)
        let far = try #require(report.arm("far")?.matchedGain).mean
        let near = try #require(report.arm("near")?.matchedGain).mean
        // `far` has a station at 4 nats, where it has half of its gain.
        #expect(abs(far - 1) < 0.5 && abs(near - 2) < 0.5 && near > far)
        let html = report.html()
        #expect(html.contains("does not go so far"))
        #expect(html.contains("What was gained at which distance"))
    }

    // MARK: What it leaves

    @Test func everythingIsWrittenAndNothingIsMarkup() throws {
        var world = World(seed: 3)
        let start = world.training()
        var failed = StudyInput.Arm(
            name: "lost", description: "", seeds: [], failures: ["stage 'x': <b>no</b>"])
        failed.trials = [.init(settings: "beta 0.1", updates: 3, value: nil)]
        var arm = world.arm("dpo", shift: 1, kl: 2)
        arm.trials = [
            .init(settings: "beta 0.1", updates: 3, value: 0.4),
            .init(settings: "beta 0.5", updates: 3, value: 0.6, isChosen: true),
        ]
        var study = input(start, [arm, failed], judges: ["helpful", "safe"])
        study.criterion = "the win rate"
        study.registration.changes = ["arms.dpo.beta was 0.1, is 0.5"]
        study.analysis.pairs = [["start", "dpo"]]
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let report = try study.write(to: folder)
        #expect(report.planned.map(\.judge) == ["helpful", "safe"])
        let html = try String(contentsOf: folder.appending(path: "study.html"), encoding: .utf8)
        for part in [
            "lost failed: stage &#39;x&#39;: &lt;b&gt;no&lt;/b&gt;", "arms.dpo.beta was 0.1, is 0.5",
            "Two things wanted at once", "beta 0.5", "heed study made-up.yaml", "Made up.",
        ] { #expect(html.contains(part), "\(part)") }
        let json = try JSONValue(parsing: Data(contentsOf: folder.appending(path: "report.json")))
        for key in ["arms", "reference", "prompts", "annotator", "seconds", "command"] {
            #expect(json[key] != nil, "\(key)")
        }
        let first = try #require(json["arms"]?.array?.first?.object)
        for key in [
            "name", "win_rate", "score", "kl", "length", "eos_rate", "distinct_2", "perplexity", "samples",
        ] { #expect(first[key] != nil, "\(key)") }
        let csv = try String(contentsOf: folder.appending(path: "measurements.csv"), encoding: .utf8)
        // A head, the start's forty answers, and those of three trainings.
        #expect(csv.split(separator: "\r\n").count == 1 + 40 + 120)
        #expect(
            csv.hasPrefix("arm,seed,prompt,answer,tokens,characters,finished,proxy,divergence,score:helpful"))
    }

    @Test func aLongerArmIsComparedAtEqualLength() throws {
        var world = World(seed: 21, prompts: 30)
        let start = world.training(letters: 11)
        let report = StudyAnalysis(input(start, [world.arm("long", shift: 0.5, letters: 12)])).report()
        let comparison = try #require(report.comparisons.first)
        let controlled = try #require(comparison.lengthControlled)
        #expect(controlled.low ?? 1 < controlled.mean && controlled.high ?? 0 > controlled.mean)
    }
}
