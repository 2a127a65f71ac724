import ArgumentParser
import Feedback
import Foundation

extension Annotator.Role: ExpressibleByArgument {}

/// A link for one person.
struct LabelInvite: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite",
        abstract: "Make a link by which one person joins.",
        discussion: """
            What a lead does on the page of people, for whoever has the file: the first lead of a server that others \
            reach, or one who has lost their code. The link works once and expires by itself.

            EXAMPLE:
              heed label invite --store feedback.sqlite --role lead \\
                --at https://label.example.org
            """)

    @OptionGroup var store: StoreOptions

    @Option(help: "annotator or lead.")
    var role = Annotator.Role.annotator

    @Option(help: ArgumentHelp("Where people reach the app.", valueName: "url"))
    var at = "http://127.0.0.1:8080"

    @Option(help: "How many days it works.")
    var days = 7

    private struct Invitation: Encodable {
        let url: String
    }

    func validate() throws {
        guard Limits.invitation.contains(Double(days)) else {
            throw ValidationError("--days: expected 1 to 365, found \(days)")
        }
    }

    func run() throws {
        let judgments = try FeedbackStore(at: store.url)
        let token = try judgments.write(by: nil) {
            try $0.invite(role: role, expiresIn: TimeInterval(days) * 86_400)
        }
        try judgments.close()
        let url = (at.hasSuffix("/") ? String(at.dropLast()) : at) + Self.path(of: token)
        try store.show(Invitation(url: url), lines: [url])
    }

    /// Where the app takes an invitation.
    static func path(of token: String) -> String { "/join/\(token)" }
}
