import Errors
import Foundation

/// Why the store refused something.
public enum FeedbackError: CategorizedError, Hashable, Sendable, CustomStringConvertible {
    // The file.
    case notAStore(URL, found: String)
    case madeByNewerHeed(URL, unknown: [String])
    case madeByOlderHeed(URL)
    case damaged(URL, found: String)
    /// Changes that were acknowledged are gone.
    case behind(URL, acknowledged: Int64, found: Int64)
    /// Another program put something in its place while it was used.
    case replaced(URL)

    // What is not there.
    case noProject(String)
    case noItem(Item.ID)
    case noAnnotator(String)
    case noAssignment(Assignment.ID)
    case noConversation(Conversation.ID)
    case noInvitation(Invitation.ID)

    // What does not fit.
    case invalidDefinition(setting: String, expected: String, found: String)
    case invalidOpinion(field: String, expected: String, found: String)
    /// `index` counts the items of the call from 0.
    case invalidItem(index: Int, expected: String, found: String)
    case invalidTurn(expected: String, found: String)
    case invalidName(String, expected: String)
    case undeclaredGroup(name: String, value: String, declared: [String])
    case nameTaken(String)

    // Who may not.
    case invitationRefused(InvitationProblem)
    case signInRefused
    case notActive(Annotator.Status)
    case notALead
    case notTheirs(Assignment.ID)

    // What is too late.
    case alreadyJudged(Assignment.ID, revision: Int)
    case notAnswerable(Assignment.ID, Assignment.State)
    case requestReused(UUID)
    case projectClosed(String)
    case conversationEnded(Conversation.ID)

    case auditBroken(entry: Int64, found: String)

    public enum InvitationProblem: String, Sendable {
        case unknown, used, expired
    }

    public var category: ErrorCategory {
        switch self {
        case .notAStore, .madeByNewerHeed, .madeByOlderHeed, .damaged, .behind, .auditBroken: .damaged
        case .replaced: .inputOutput
        case .invalidItem, .invalidOpinion: .badData
        case .invalidDefinition, .invalidTurn, .invalidName, .undeclaredGroup: .usage
        case .noProject, .noItem, .noAnnotator, .noAssignment, .noConversation, .noInvitation: .unknownName
        case .nameTaken: .nameTaken
        case .signInRefused, .invitationRefused, .notActive, .notALead, .notTheirs: .forbidden
        case .alreadyJudged, .notAnswerable, .requestReused, .projectClosed, .conversationEnded: .conflict
        }
    }

    public var description: String {
        switch self {
        case .notAStore(let url, let found):
            "\(url.path): expected a store of judgments, found \(found); check the path"
        case .madeByNewerHeed(let url, let unknown):
            "\(url.path): made by a newer Heed (it has \(Self.list(unknown)), which this one does not know); "
                + "update Heed"
        case .madeByOlderHeed(let url):
            "\(url.path): made by an older Heed, and not to be changed by reading; bring it up to date with "
                + "`heed label` first"
        case .damaged(let url, let found):
            "\(url.path): damaged: \(found); put a backup in its place"
        case .behind(let url, let acknowledged, let found):
            "\(url.path): entry \(acknowledged) of its audit, which was acknowledged, is not there (it has \(found)): "
                + "\(url.lastPathComponent)-wal is damaged, missing or of another file, or an older copy was put in "
                + "place; put the last backup in place of all of them, or remove \(url.lastPathComponent)-head to go on "
                + "with what is left"
        case .replaced(let url):
            "\(url.path): replaced or changed by another program while it was used; what came since then was not "
                + "acknowledged. Stop everything that uses it, remove \(url.lastPathComponent)-wal, -shm and -head, put "
                + "the file in place again, and start anew"
        case .noProject(let name): "no project \(name); `heed label` lists the projects"
        case .noItem(let id): "no item \(id)"
        case .noAnnotator(let name): "no annotator \(name)"
        case .noAssignment(let id): "no assignment \(id)"
        case .noConversation(let id): "no conversation \(id)"
        case .noInvitation(let id): "no open invitation \(id)"
        case .invalidDefinition(let setting, let expected, let found):
            "\(setting) of the project: expected \(expected), found \(found)"
        case .invalidOpinion(let field, let expected, let found):
            "\(field): expected \(expected), found \(found)"
        case .invalidItem(let index, let expected, let found):
            "item \(index + 1): expected \(expected), found \(found)"
        case .invalidTurn(let expected, let found):
            "turn of a conversation: expected \(expected), found \(found)"
        case .invalidName(let name, let expected): "\"\(name)\" as a name: expected \(expected)"
        case .undeclaredGroup(let name, let value, let declared):
            "group \(name) = \(value): expected one that a project declares (\(Self.list(declared)))"
        case .nameTaken(let name): "the name \"\(name)\" is taken; choose another"
        case .invitationRefused(let problem):
            "this invitation \(Self.words(problem)); ask whoever invited you for another"
        case .signInRefused:
            "no active person has this name and code; check both, or ask a lead for a new code"
        case .notActive(let status): "this person is \(status.rawValue) and takes no part; ask a lead"
        case .notALead: "only a lead may do this"
        case .notTheirs(let id): "assignment \(id) belongs to somebody else"
        case .alreadyJudged(let id, let revision):
            "assignment \(id) has been answered elsewhere (revision \(revision)); load it again"
        case .notAnswerable(let id, let state):
            "assignment \(id) is \(state.rawValue) and takes no answer; continue with the next one"
        case .requestReused(let request): "request \(request) was used for another answer; choose a new id"
        case .projectClosed(let name): "the project \"\(name)\" is closed; reopen it first"
        case .conversationEnded(let id): "conversation \(id) has ended; start another"
        case .auditBroken(let entry, let found): "audit entry \(entry) is not what was written: \(found)"
        }
    }

    private static func list(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.map { "\"\($0)\"" }.joined(separator: ", ")
    }

    private static func words(_ problem: InvitationProblem) -> String {
        switch problem {
        case .unknown: "is not known"
        case .used: "has been used"
        case .expired: "has expired"
        }
    }
}
