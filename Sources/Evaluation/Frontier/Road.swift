import Datasets
import Files
import Foundation
import Models
import Runs
import Settings
import Statistics
import Tokenization
import Training

/// One way to move from the start, and the models to be measured on it.
struct Road {
    struct Station {
        /// `step 40`, `round 2`.
        let name: String
        let arm: EvaluatedArm
    }

    let name: String
    let form: RewardCurve.Form
    /// Of the best of n answers, a single one: the model with as many answers to a prompt as are chosen from.
    let stations: [Station]

    /// - Parameter argument: a run folder, or a model and how many of its answers are chosen from.
    /// - Throws: `InvalidSetting` for a folder without models, and what is wrong with a model.
    init(
        _ argument: ArmArgument, prompts: [SourcedRow<PromptRow>], maximumNewTokens: Int, context: RunContext
    ) throws {
        func station(_ name: String, _ path: String, best: Int = 1, tokenizer: Tokenizer? = nil) throws
            -> Station
        {
            var arm = try EvaluatedArm(
                name: "\(argument.name), \(name)", path: path, prompts: prompts,
                maximumNewTokens: maximumNewTokens, tokenizer: tokenizer, context: context)
            arm.candidates = best
            arm.measuresText = false
            return Station(name: name, arm: arm)
        }
        name = argument.name
        guard let best = argument.best else {
            let run = URL(fileURLWithPath: argument.path)
            let final = run.appendingPathComponent("final")
            // A checkpoint of a whole model has none of its own.
            let hasTokenizer = FileSystem.exists(final.appendingPathComponent("tokenizer.json"))
            let tokenizer = hasTokenizer ? try Tokenizer(contentsOf: final) : nil
            form = .learning
            stations = try Self.models(in: run).map { try station($0.name, $0.path, tokenizer: tokenizer) }
            return
        }
        form = .bestOfN
        stations = [try station("\(best) answers", argument.path, best: best)]
    }

    /// The models that a run left on its way, by step; of a run in rounds, each round's.
    private static func models(in run: URL) throws -> [(name: String, path: String)] {
        guard FileSystem.exists(run.appendingPathComponent("run.json")) else {
            throw InvalidSetting(
                "frontier", expected: "a run folder, or MODEL@N for the best of N answers", found: run.path)
        }
        let rounds = try FileSystem.contents(of: run).compactMap { folder -> (number: Int, path: String)? in
            let name = folder.lastPathComponent
            let final = folder.appendingPathComponent("training/final")
            guard name.hasPrefix("round-"), let number = Int(name.dropFirst("round-".count)),
                FileSystem.exists(final)
            else { return nil }
            return (number, final.path)
        }
        let checkpoints = try RunFolder.checkpoints(in: run)
        let models =
            rounds.sorted { $0.number < $1.number }.map { ("round \($0.number)", $0.path) }
            + checkpoints.map { ("step \($0.step)", $0.url.path) }
        guard !models.isEmpty else {
            throw InvalidSetting(
                "frontier", expected: "a run with checkpoints (--checkpoint-every N --keep-checkpoints 100)",
                found: "none in \(run.path)")
        }
        return models
    }
}
