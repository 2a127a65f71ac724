import Datasets

extension Text {
    /// What was asked last, as text.
    package var question: String {
        switch self {
        case .plain(let text): text
        case .messages(let messages): (messages.last { $0.role == "user" } ?? messages.last)?.content ?? ""
        }
    }
}
