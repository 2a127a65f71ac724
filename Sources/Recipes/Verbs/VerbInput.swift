import Alignment
import Feedback

/// Something that a job reads, as its settings name it.
public enum VerbInput: Hashable, Sendable {
    /// A file, or a folder of files.
    case data(String)
    /// A model argument: a folder, a `.gguf` file or a name of the catalogue.
    case model(String)
    /// A store of judgments, read as rows.
    case judgments(StoreArgument, ExportSchema)
}

/// The settings of a job or of a training method, which name what it reads.
public protocol JobConfiguration: ConfigurationSection {
    var inputs: [VerbInput] { get }
    /// The rows that a store of judgments gives to the method; nil where it learns from no judgments.
    var judgmentSchema: ExportSchema? { get }
}

extension JobConfiguration {
    public var judgmentSchema: ExportSchema? { nil }
}

extension [VerbInput] {
    /// Those that are given.
    static func models(_ arguments: String?...) -> [VerbInput] {
        arguments.compactMap { $0.map(VerbInput.model) }
    }

    /// A reward model or an ensemble of them, which may be named with options behind it.
    static func rewardModel(_ argument: String?) -> [VerbInput] {
        guard let path = argument.map(RewardModelSource.path) else { return [] }
        return RewardModelSource.isEnsemble(path) ? .data([path]) : .models(path)
    }

    static func data(_ paths: [String]) -> [VerbInput] { paths.map(VerbInput.data) }

    /// Files, and stores where the method learns from judgments.
    static func data(_ paths: [String], orJudgmentsAs schema: ExportSchema?) -> [VerbInput] {
        paths.map { path in
            // A mistake in the argument is told when the rows are taken.
            guard let schema, let store = try? StoreArgument(path) else { return .data(path) }
            return .judgments(store, schema)
        }
    }
}
