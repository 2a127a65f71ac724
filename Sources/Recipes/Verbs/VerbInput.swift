import Alignment

/// Something that a job reads, as its settings name it.
public enum VerbInput: Hashable, Sendable {
    /// A file, or a folder of files.
    case data(String)
    /// A model argument: a folder, a `.gguf` file or a name of the catalogue.
    case model(String)
}

/// The settings of a job or of a training method, which name what it reads.
public protocol JobConfiguration: ConfigurationSection {
    var inputs: [VerbInput] { get }
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
}
