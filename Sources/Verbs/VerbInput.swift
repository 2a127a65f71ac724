import Datasets
import Feedback
import Foundation
import Models

/// Something that a verb reads.
public enum VerbInput: Hashable, Sendable {
    /// As its settings name it.
    case setting(SettingInput)
    /// A store of judgments, read as rows.
    case judgments(StoreArgument, JudgmentSchema)

    /// Where on this machine it is read from.
    var places: [URL] {
        switch self {
        case .setting(let input): input.places
        case .judgments(let store, _): [store.url]
        }
    }
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
