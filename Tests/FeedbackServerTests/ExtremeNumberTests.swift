import Feedback
import Foundation
import Testing

@testable import FeedbackServer

/// Numbers that nobody means, in every field of every route that takes one: they are refused in words, and whatever was
/// taken is shown by every page.
@Suite struct ExtremeNumberTests {
    private static let extremes = [
        "1e19", "-1e19", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e308",
        "1e309",
        "-1", "0", "0.5", "nan", "inf", "-inf", "NaN", "Infinity", "0x10", "1e-320", "", " ", "½",
        "99999999999999999999999999",
    ]

    private let labelling: Labelling
    private let lead: Browser
    private let ada: Browser
    private let project: Project.ID

    init() throws {
        var configuration = ServerConfiguration()
        configuration.limits.sessionRate = RateLimit(perSecond: 1_000_000, burst: 1_000_000)
        labelling = try Labelling(configuration)
        lead = try labelling.person("Lea", .lead)
        ada = try labelling.person("Ada")
        project = try labelling.project()
    }

    /// Every page that there is about what is in the store.
    private func lookAtAll(_ client: RouterClient) async throws {
        let projects = try labelling.read { try $0.projects().map(\.id) }
        let pages =
            [
                "/", "/people", "/people/\(ada.person?.id ?? 0)", "/uses", "/audit?verify=1", "/items/1",
                "/account",
            ]
            + projects.flatMap { id in
                ["", "/items", "/items?order=disagreement", "/settings", "/import", "/export", "/label"].map {
                    "/projects/\(id)\($0)"
                }
            }
        for page in pages {
            #expect(try await lead.get(client, page).status < 500, "\(page)")
        }
    }

    @Test func ofAJudgment() async throws {
        try await labelling.run { client in
            let held = try #require(try await ada.next(client, project).items.first)
            let fields = ["seconds", "replacing", "strength"]
            for (field, value) in fields.flatMap({ field in Self.extremes.map { (field, $0) } }) {
                var values = ["seconds": "3", "replacing": "0", "strength": "2"]
                values[field] = value
                let body = """
                    {"request": "\(UUID())", "opinion": {"verdicts": {"": {"better": "A", "strength":
                    \(values["strength"] ?? "")}}}, "seconds": \(values["seconds"] ?? ""),
                    "replacing": \(values["replacing"] ?? "")}
                    """
                let answer = try await ada.post(client, "/api/assignments/\(held.assignment)/judgment", body)
                #expect(answer.status < 500, "\(field) \(value): \(answer.text)")
            }
            let stored = try labelling.read { try $0.judgments(in: project, .everything) }
            #expect(stored.allSatisfy { Limits.seconds.contains($0.seconds) })
            let wrong = Browser.judgment(aIsBetter, seconds: 1e19)
            let next = try #require(try await lead.next(client, project).items.first)
            let refused = try await lead.post(client, "/api/assignments/\(next.assignment)/judgment", wrong)
            #expect(refused.status == 422 && refused.text.contains("how long it took"))
            try await lookAtAll(client)
        }
    }

    @Test func ofMarksAndRanks() async throws {
        for task in [LabellingTask.rate, .rank] {
            let id = try labelling.project(ProjectDefinition(task: task), named: "\(task)")
            try await labelling.run { client in
                let held = try #require(try await ada.next(client, id).items.first)
                let name = task == .rate ? "marks" : "ranking"
                for value in Self.extremes {
                    let opinion = #"{"verdicts": {"": {"\#(name)": {"A": \#(value), "B": 1}}}}"#
                    let answer = try await ada.post(
                        client, "/api/assignments/\(held.assignment)/judgment", Browser.judgment(opinion))
                    #expect(answer.status == 422, "\(task) \(value): \(answer.text)")
                }
                try await lookAtAll(client)
            }
        }
    }

    @Test func ofDrafts() async throws {
        try await labelling.run { client in
            let held = try #require(try await ada.next(client, project).items.first)
            for value in Self.extremes {
                let answer = try await ada.send(
                    client, .put, "/api/assignments/\(held.assignment)/draft",
                    body: #"{"opinion": {"verdicts": {"": {"better": "A", "strength": 1}}}, "at": \#(value)}"#
                )
                #expect(answer.status < 500, "\(value)")
                #expect(try await ada.get(client, "/api/projects/\(project)/next").status == 200)
            }
        }
    }

    @Test func ofAProject() async throws {
        let sound = [
            "name": "p", "task": "rate", "question": "?", "guidelines": "", "aspects": "", "lowest_mark": "1",
            "highest_mark": "5", "strengths": "2", "allows_tie": "on", "reason": "optional", "groups": "",
            "overlap": "1", "gold_percent": "0", "repeat_percent": "0", "repeat_distance": "5",
            "selection": "random", "random_percent": "100", "lease_minutes": "30", "stopping_percent": "10",
            "answers_per_item": "2",
        ]
        let numbers = [
            "lowest_mark", "highest_mark", "strengths", "overlap", "gold_percent", "repeat_percent",
            "repeat_distance", "random_percent", "lease_minutes", "stopping_percent", "answers_per_item",
        ]
        try await labelling.run { client in
            for (field, value) in numbers.flatMap({ field in Self.extremes.map { (field, $0) } }) {
                var form = sound
                form[field] = value
                form["name"] = UUID().uuidString
                for path in ["/projects", "/projects/\(project)/settings"] {
                    let answer = try await lead.form(client, path, form)
                    #expect(
                        [303, 422].contains(answer.status), "\(path) \(field) \(value): \(answer.status)")
                }
            }
            try await lookAtAll(client)
        }
    }

    @Test func ofInvitationsAndAddresses() async throws {
        try await labelling.run { client in
            for value in Self.extremes {
                let answer = try await lead.form(
                    client, "/people/invitations", ["role": "annotator", "days": value])
                #expect([200, 422].contains(answer.status), "\(value): \(answer.status)")
                let escaped = value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                for path in [
                    "/items/\(escaped)", "/people/\(escaped)", "/projects/\(escaped)",
                    "/api/projects/\(project)/next?count=\(escaped)",
                    "/api/projects/\(project)/last?before=\(escaped)",
                    "/projects/\(project)/items?after=\(escaped)", "/audit?after=\(escaped)",
                ] { #expect(try await lead.get(client, path).status < 500, "\(path)") }
            }
            try await lookAtAll(client)
        }
    }

    @Test func ofImports() async throws {
        try await labelling.run { client in
            for value in Self.extremes {
                let row =
                    #"{"prompt": "q \#(value)", "responses": [{"text": "a", "std": \#(value)}, {"text": "b"}], "priority": \#(value), "expected": {"verdicts": {"": {"better": \#(value), "strength": \#(value)}}}}"#
                let answer = try await lead.send(
                    client, .post, "/api/projects/\(project)/items?kind=gold", body: row,
                    type: "application/jsonl")
                #expect(answer.status == 422, "\(value): \(answer.text)")
            }
            try await lookAtAll(client)
        }
    }

    /// What an older server took is shown all the same.
    @Test func ofAStoreThatHoldsThem() async throws {
        try await labelling.run { client in
            let held = try #require(try await ada.next(client, project).items.first)
            _ = try await ada.post(
                client, "/api/assignments/\(held.assignment)/judgment", Browser.judgment(aIsBetter))
            try labelling.tamper(
                """
                UPDATE judgments SET seconds = 1e19, created_at = 9e18; UPDATE annotators SET created_at = -9e18;
                UPDATE invitations SET expires_at = 9e18; UPDATE projects SET created_at = 1e300;
                """)
            try await lookAtAll(client)
            #expect(try await lead.get(client, "/items/\(1)").status == 200)
        }
    }
}
