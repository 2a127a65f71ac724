import Errors

/// Who speaks in a conversation, as chat templates know them.
enum ChatRole {
    /// Those of public models.
    static let known: Set<String> = [
        "system", "developer", "user", "assistant", "tool", "function", "ipython", "model",
    ]

    /// The role that a misspelt one was probably meant to be; nil for one that is known, and for one that is like none: there
    /// are templates for any.
    static func meant(by role: String) -> String? {
        known.contains(role) ? nil : nearestName(to: role.lowercased(), among: known.sorted())
    }
}
