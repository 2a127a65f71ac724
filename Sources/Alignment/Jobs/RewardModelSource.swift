import Files
import Foundation
import LanguageModels
import Tokenization

/// A reward model as an argument names it: `DIR`, or `DIR:option=value,…` with the options of ``RewardView``. An ensemble's
/// folder stands for all its members.
public struct RewardModelSource {
    /// Without options.
    public let argument: String
    private let members: [ModelSource]
    private let view: RewardView

    /// - Throws: what is wrong with the argument, its files or its options.
    public init(_ argument: String?, role: String = "reward-model", context: JobContext) throws {
        let (path, options) = Self.parts(of: argument ?? "")
        let specification = try AnnotatorSpecification("reward-model" + (options.map { ":\($0)" } ?? ""))
        if let unknown = specification.values.keys.sorted().first(where: { RewardView.options[$0] == nil }) {
            throw AnnotatorError.unknownOption(
                unknown, annotator: "reward-model", known: Array(RewardView.options.keys))
        }
        try self.init(
            argument == nil ? nil : path, view: RewardView(specification), role: role, context: context)
    }

    init(_ argument: String?, view: RewardView, role: String, context: JobContext) throws {
        self.argument = argument ?? ""
        self.view = view
        let folder = URL(fileURLWithPath: self.argument)
        if let ensemble = try RewardEnsemble(in: folder) {
            members = try ensemble.members.map {
                try ModelSource(folder.appendingPathComponent($0).path, role: role, context: context)
            }
        } else {
            members = [try ModelSource(argument, role: role, context: context)]
        }
        for member in members {
            try view.check(try member.rewardDescription(), model: self.argument)
        }
    }

    /// The model's path, without the options behind it.
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
    static func names(_ argument: String?, context: JobContext) throws -> Bool {
        guard let argument else { return false }
        let path = path(of: argument)
        return try isEnsemble(path)
            || CatalogueStore().folders(ofModel: path, progress: context.downloadProgress).holdRewardModel
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

    public func load(context: JobContext, batchSize: Int = 16) throws -> RewardModelScorer {
        RewardModelScorer(
            members: try members.map { try $0.loadRewardMember(context: context) }, view: view,
            tokenizer: tokenizer, batchSize: batchSize)
    }
}

extension ModelSource {
    /// Where the reward model's own files are: beside its head.
    private var rewardFolder: URL { folders.adapter ?? folders.base }

    func rewardDescription() throws -> RewardDescription {
        if let description = try RewardDescription(in: rewardFolder) { return description }
        return RewardDescription(aspects: try folders.adapter == nil ? configuration().labels : ["LABEL_0"])
    }

    /// Copies what a reward model knows besides its weights; of a language model nothing.
    func copyRewardFiles(to folder: URL) throws {
        for name in [RewardDescription.file, GroupHeads.file] {
            let file = rewardFolder.appendingPathComponent(name)
            guard FileSystem.exists(file) else { continue }
            try AtomicFile.write(FileSystem.read(file), to: folder.appendingPathComponent(name))
        }
    }

    /// A trained reward model with the heads of its groups.
    func loadRewardMember(context: JobContext) throws -> RewardMember {
        let model = try loadRewardModel(context: context)
        let description = try rewardDescription()
        guard let groups = description.groups else { return RewardMember(model, description: description) }
        let heads = GroupHeads(
            names: groups.names, aspectCount: description.aspects.count,
            hiddenSize: model.configuration.hiddenSize, device: model.device)
        try heads.restore(from: rewardFolder)
        return RewardMember(model, description: description, groups: heads)
    }
}
