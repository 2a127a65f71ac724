import Datasets
import Feedback
import Models

/// Something that a verb reads.
public enum VerbInput: Hashable, Sendable {
    /// As its settings name it.
    case setting(SettingInput)
    /// A store of judgments, read as rows.
    case judgments(StoreArgument, JudgmentSchema)
}

extension [VerbInput] {
    /// Files, and stores where the method learns from judgments.
    static func rows(_ paths: [String], orJudgmentsAs schema: JudgmentSchema?) -> [VerbInput] {
        paths.map { path in
            // A mistake in the argument is reported when the rows are taken.
            guard let schema, let store = try? StoreArgument(path) else { return .setting(.data(path)) }
            return .judgments(store, schema)
        }
    }
}
