import Files
import Foundation
import LanguageModels
import Models
import Settings
import Tokenization

/// A reward model as an argument names it: `DIR`, or `DIR:option=value,…` with the options of ``ScoreCombination`` and `precision`.
/// An ensemble's folder stands for all its members.
public struct RewardModelSource {
    /// Without options.
    public let argument: String
    private let members: [ModelSource]
    private let combination: ScoreCombination
    private let isInBytes: Bool

    static let options = ScoreCombination.options.merging(["precision": "int8: weights in 8 bits"]) {
        first, _ in first
    }

    /// - Throws: what is wrong with the argument, its files or its options.
    public init(_ argument: String?, role: String = "reward-model", on computation: Computation) throws {
        let (path, options) = Self.parts(of: argument ?? "")
        let text = "reward-model" + (options.map { ":\($0)" } ?? "")
        let specification = try NamedArgument(text, kind: "reward")
        try specification.check(options: Self.options.keys)
        try self.init(argument == nil ? nil : path, options: specification, role: role, on: computation)
    }

    init(_ argument: String?, options: NamedArgument, role: String, on computation: Computation) throws {
        self.argument = argument ?? ""
        combination = try ScoreCombination(options)
        isInBytes = try Self.isInBytes(options)
        let folder = URL(fileURLWithPath: self.argument)
        if let ensemble = try RewardEnsemble(in: folder) {
            members = try ensemble.members.map {
                try ModelSource(folder.appendingPathComponent($0).path, role: role, on: computation)
            }
        } else {
            members = [try ModelSource(argument, role: role, on: computation)]
        }
        let descriptions = try members.map { try $0.rewardDescription() }
        try RewardEnsemble.requireAgreement(of: descriptions, in: folder)
        try combination.check(memberCount: members.count, model: self.argument)
        for description in descriptions { try combination.check(description, model: self.argument) }
    }

    private static func isInBytes(_ options: NamedArgument) throws -> Bool {
        switch options.string("precision") {
        case nil: false
        case "int8": true
        default:
            throw options.unfit(
                "precision", expected: "int8, or no such option for the precision of the verb")
        }
    }

    /// The model's path, without the options after it.
    public static func path(of argument: String) -> String { parts(of: argument).path }

    /// Whether a folder holds several reward models rather than one model.
    public static func isEnsemble(_ path: String) -> Bool {
        RewardEnsemble.isThere(in: URL(fileURLWithPath: path))
    }

    private static func parts(of argument: String) -> (path: String, options: String?) {
        guard let colon = argument.lastIndex(of: ":"), argument[colon...].contains("=") else {
            return (argument, nil)
        }
        return (String(argument[..<colon]), String(argument[argument.index(after: colon)...]))
    }

    /// Whether an argument names a reward model rather than a language model.
    package static func names(_ argument: String?, on computation: Computation) throws -> Bool {
        guard let argument else { return false }
        let path = path(of: argument)
        return try isEnsemble(path)
            || CatalogueStore().folders(ofModel: path, progress: computation.downloadProgress).holdRewardModel
    }

    public var tokenizer: Tokenizer { members[0].tokenizer }

    /// What the first member knows; aspects and groups are the same in all.
    public func description() throws -> RewardDescription { try members[0].rewardDescription() }

    /// What run.json hashes.
    public func inputs(role: String) -> [(role: String, url: URL)] {
        members.count == 1
            ? members[0].inputs(role: role)
            : members.enumerated().flatMap { $1.inputs(role: "\(role) \($0 + 1)") }
    }

    public func load(
        on computation: Computation, batchSize: Int = 16, name: String = "reward-model"
    ) throws -> RewardModelScorer {
        let computation = isInBytes ? try computation.withWeightsInBytes() : computation
        return RewardModelScorer(
            members: try members.map { try $0.loadWithGroups(on: computation) }, combination: combination,
            tokenizer: tokenizer, batchSize: batchSize, name: name, argument: argument)
    }

    /// The model as a reward.
    /// - Parameter name: in metrics.
    func reward(named name: String, on computation: Computation) -> RewardSource {
        RewardSource(name: name, inputs: inputs(role: "reward model")) {
            try load(on: computation, name: name)
        }
    }
}

extension [SettingInput] {
    /// A reward model or an ensemble of them, whose name may be followed by options.
    public static func rewardModel(_ argument: String?) -> [SettingInput] {
        guard let path = argument.map(RewardModelSource.path) else { return [] }
        return RewardModelSource.isEnsemble(path) ? .data([path]) : .models(path)
    }
}
