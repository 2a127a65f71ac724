import Foundation
import Models
import Rewards
import Settings
import Training

extension SampleConfiguration: JobConfiguration {
    public func inputs(_ rewards: RewardCatalogue) -> [SettingInput] { .models(model) + .data(prompts) }

    public static var purpose: RunConfiguration.Purpose { .answers }

    public var missing: [InvalidSetting] {
        (model == nil ? [.noModel()] : []) + (prompts.isEmpty ? [.noFiles("prompts")] : [])
    }
}

extension AnnotateConfiguration: JobConfiguration {
    public func inputs(_ rewards: RewardCatalogue) -> [SettingInput] {
        .data(responses) + rewards.inputs(of: selection)
    }

    public static var purpose: RunConfiguration.Purpose { .judging }

    public var missing: [InvalidSetting] { responses.isEmpty ? [.noFiles("responses")] : [] }
}

extension ConstitutionConfiguration: JobConfiguration {
    public func inputs(_ rewards: RewardCatalogue) -> [SettingInput] {
        .models(model) + .data(prompts + [constitution].compactMap(\.self))
    }

    public static var purpose: RunConfiguration.Purpose { .answers }

    public var missing: [InvalidSetting] {
        (model == nil ? [.noModel()] : []) + (prompts.isEmpty ? [.noFiles("prompts")] : [])
    }
}

extension Verb {
    public static let constitution = Verb(
        "constitution", output: .rows, defaults: JobSettings(ConstitutionConfiguration())
    ) {
        let result = try Revising.run($0.job, context: $1.context)
        let line = "\(result.rows) answers to \(result.prompts) prompts, \(result.revised) of them revised"
        return VerbResult(
            json: result,
            lines: ["\(line), in \(result.output)"]
                + [result.whatWasDropped, result.warning.map { "beware: \($0)" }].compactMap(\.self))
    }

    public static let sample = Verb("sample", output: .rows, defaults: JobSettings(SampleConfiguration())) {
        let result = try Sampling.run($0.job, context: $1.context)
        let line =
            "\(result.responses) answers to \(result.prompts) prompts, \(result.finished) of them finished"
        return VerbResult(json: result, lines: ["\(line), in \(result.output)"])
    }

    public static let annotate = Verb(
        "annotate", output: .rows, defaults: JobSettings(AnnotateConfiguration())
    ) {
        let result = try Annotation.run($0.job, context: $1.context)
        let left = result.identicalPairs + result.tiedPairs
        var line =
            "\(result.judgments) judgments of the simulated annotator '\(result.annotator)' on \(result.rows) prompts"
            + (left > 0 ? ", \(left) pairs without a difference left out" : "")
        if result.contradictedPairs > 0 {
            line +=
                " (in \(result.contradictedPairs) the other order gets the opposite verdict, equally sure)"
        }
        if result.unjudgedPairs > 0 { line += ", \(result.unjudgedPairs) that are too long for the judge" }
        var lines = ["\(line), in \(result.output)"]
        if let flipped = result.flippedPairs, result.judgments > 0 {
            let share = Int((100 * Double(flipped) / Double(result.judgments)).rounded())
            lines.append(
                "in the other order of the answers \(flipped) of them (\(share) %) get the other verdict")
        }
        return VerbResult(json: result, lines: lines)
    }
}
