import Feedback
import Foundation
import Testing

@testable import FeedbackServer

/// What those do who run a study.
@Suite struct LeadTests {
    struct Receipt: Decodable {
        let rows: Int
        let added: Int
        let duplicates: Int
        let problem: String?
    }

    @Test func aProjectIsMadeAndChanged() async throws {
        let labelling = try Labelling()
        let lead = try labelling.person("Lea", .lead)
        let fields = [
            "name": "Helpful", "task": "rate", "question": "", "guidelines": "# Read\r\nthis",
            "aspects": "helpful: Does it help?\nhonest",
            "lowest_mark": "0", "highest_mark": "10", "strengths": "2", "allows_tie": "on",
            "reason": "required", "overlap": "3",
            "gold_percent": "12.5", "repeat_percent": "5", "repeat_distance": "9",
            "selection": "disagreement",
            "random_percent": "40", "lease_minutes": "2.5", "stopping_percent": "8",
            "groups": "Language: English, Deutsch",
        ]
        try await labelling.run { client in
            let made = try await lead.form(client, "/projects", fields)
            #expect(made.status == 303 && made.headers[.location] == "/projects/1/import")
            let definition = try labelling.read { try $0.project(1).definition }
            #expect(definition.task == .rate && definition.question == LabellingTask.rate.defaultQuestion)
            #expect(definition.guidelines == "# Read\nthis")
            #expect(definition.aspects == [Aspect("helpful", question: "Does it help?"), Aspect("honest")])
            #expect(definition.lowestMark == 0 && definition.highestMark == 10 && definition.overlap == 3)
            #expect(definition.allowsTie && !definition.allowsBothBad && definition.reason == .required)
            #expect(
                definition.goldShare == 0.125 && definition.randomShare == 0.4
                    && definition.leaseSeconds == 150)
            #expect(definition.groups == [GroupAttribute("Language", values: ["English", "Deutsch"])])
            // The form shows what it made, and sends it back unchanged.
            #expect(
                ProjectForm(definition).goldPercent == "12.5" && ProjectForm(definition).leaseMinutes == "2.5"
            )
            #expect(try await lead.form(client, "/projects", fields).status == 409)
            var bad = fields
            bad["overlap"] = "many"
            #expect(try await lead.form(client, "/projects/1/settings", bad).status == 422)
            bad["overlap"] = "0"
            let refused = try await lead.form(client, "/projects/1/settings", bad)
            #expect(refused.status == 422 && refused.text.contains("overlap"))
            #expect(
                try await lead.form(client, "/projects/1/settings", fields.merging(["overlap": "1"]) { $1 })
                    .status == 303)
            #expect(try labelling.read { try $0.project(1).version } == 2)
            #expect(try await lead.form(client, "/projects/1/close").status == 303)
            #expect(try labelling.read { try $0.project(1).closedAt } != nil)
        }
    }

    @Test func answersAreImportedLineByLine() async throws {
        let labelling = try Labelling()
        let project = try labelling.project(items: 0)
        let lead = try labelling.person("Lea", .lead)
        let rows = (0..<450).map {
            #"{"prompt": "p\#($0)", "responses": [{"text": "a", "finish": "stop"}, {"text": "b"}], "policy": "abc"}"#
        }
        try await labelling.run { client in
            func upload(_ lines: [String], _ query: String = "") async throws -> Answered {
                try await lead.send(
                    client, .post, "/api/projects/\(project)/items\(query)",
                    body: lines.joined(separator: "\n"),
                    type: "application/jsonl")
            }
            let first: Receipt = try await upload(rows, "?model=first%20model").json()
            #expect(first.added == 450 && first.duplicates == 0 && first.problem == nil)
            let again: Receipt = try await upload(rows + [""], "?model=first%20model").json()
            #expect(again.added == 0 && again.duplicates == 450)
            let item = try labelling.read { try $0.items(in: project)[0] }
            #expect(item.responses.map(\.text) == ["a", "b"] && item.responses[0].finish == .stop)
            #expect(item.responses[0].policy == Policy(name: "first model", hash: "abc"))

            let broken: Receipt = try await upload(
                (0..<200).map { #"{"prompt": "q\#($0)", "responses": [{"text": "a"}, {"text": "b"}]}"# } + [
                    #"{"prompt": 7}"#
                ]
            ).json()
            #expect(broken.added == 200 && broken.problem?.contains("line:201") == true)
            // As `heed sample` writes them: more answers than two are compared by pairs, those of one model too.
            let sampled =
                #"{"prompt": "s", "responses": [{"text": "a"}, {"text": "b"}, {"text": "c"}, {"text": "a"}], "policy": "abc", "policy_name": "tiny", "sampler": {"temperature": 0.5}, "topic": "art"}"#
            let pairs: Receipt = try await upload([sampled], "?model=unused").json()
            #expect(pairs.added == 3 && pairs.problem == nil)
            let parts = try labelling.read { try $0.items(in: project).suffix(3) }
            #expect(parts.map { $0.responses.map(\.text) } == [["a", "b"], ["a", "c"], ["b", "c"]])
            let policy = Policy(name: "tiny", hash: "abc", sampler: ["temperature": 0.5])
            #expect(parts.allSatisfy { $0.responses.allSatisfy { $0.policy == policy } })
            #expect(parts.allSatisfy { $0.extra == ["topic": "art"] })

            for bad in [
                "", "no json", #"{"prompt": "x"}"#, #"{"prompt": "x", "responses": [{"text": "one"}]}"#,
            ] {
                #expect(try await upload([bad]).status == 422, "\(bad)")
            }
            let unknown = #"{"prompt": "g", "responses": [{"text": "a"}, {"text": "b"}]}"#
            #expect(try await upload([unknown], "?kind=gold").status == 422)
            let gold =
                #"{"prompt": "g", "responses": [{"text": "a"}, {"text": "b"}], "expected": {"verdicts": {"": {"better": 1, "strength": 1}}}, "explanation": "so"}"#
            let added: Receipt = try await upload([gold], "?kind=gold").json()
            #expect(added.added == 1)
            let stored = try labelling.read { try $0.items(in: project, kind: .gold)[0] }
            #expect(stored.expected?.verdicts[""] == .better(1, strength: 1) && stored.explanation == "so")
        }
    }

    @Test func linesAreCutWhereverTheBytesCome() throws {
        let text = Data("one\n\n two \r\nthree".utf8)
        for size in 1...text.count {
            var splitter = LineSplitter(limit: 100)
            var lines: [LineSplitter.Line] = []
            for start in stride(from: 0, to: text.count, by: size) {
                lines += try splitter.lines(adding: text[start..<min(start + size, text.count)])
            }
            if let rest = splitter.rest { lines.append(rest) }
            #expect(lines.map { String(decoding: $0.bytes, as: UTF8.self) } == ["one", " two \r", "three"])
            #expect(lines.map(\.number) == [1, 3, 4])
        }
        var short = LineSplitter(limit: 5)
        #expect(throws: RequestProblem.self) { try short.lines(adding: Data("123456".utf8)) }
    }

    @Test func anItemBecomesGold() async throws {
        let labelling = try Labelling()
        let project = try labelling.project()
        let lead = try labelling.person("Lea", .lead)
        try await labelling.run { client in
            let page = try await lead.get(client, "/items/1")
            #expect(page.text.contains("secret-model-0") && page.text.contains("answer 1 to 0"))
            let body =
                #"{"expected": {"verdicts": {"": {"better": "B", "strength": 1}}}, "explanation": "clearer"}"#
            #expect(try await lead.post(client, "/api/items/1/gold", body).status == 204)
            let item = try labelling.read { try $0.item(1) }
            #expect(item.kind == .gold && item.expected?.verdicts[""] == .better(1, strength: 1))
            #expect(
                try await lead.get(client, "/projects/\(project)/items?kind=gold").text.contains(
                    "data-item=\"1\""))
        }
    }

    @Test func judgmentsAreDownloaded() async throws {
        let labelling = try Labelling()
        let project = try labelling.project()
        let lead = try labelling.person("Lea", .lead)
        try await labelling.run { client in
            #expect(try await lead.get(client, "/projects/\(project)/export/comparisons").status == 409)
            let item = try #require(try await lead.next(client, project).items.first)
            _ = try await lead.post(
                client, "/api/assignments/\(item.assignment)/judgment", Browser.judgment(aIsBetter))
            let page = try await lead.get(client, "/projects/\(project)/export").text
            let rows = try await lead.get(client, "/projects/\(project)/export/comparisons")
            #expect(rows.status == 200 && rows.text.hasPrefix("{\"prompt\""))
            #expect(
                rows.headers[.contentDisposition] == "attachment; filename=\"project-1-comparisons.jsonl\"")
            for form in ToolFormat.allCases {
                #expect(page.contains("/export/\(form.rawValue)\""))
                let archive = try await lead.get(client, "/projects/\(project)/export/\(form.rawValue)")
                #expect(archive.status == 200 && archive.text.contains("ustar"))
            }
        }
    }

    @Test func everyChangeIsInTheAudit() async throws {
        let labelling = try Labelling()
        try labelling.project()
        let lead = try labelling.person("Lea", .lead)
        try await labelling.run { client in
            let page = try await lead.get(client, "/audit?verify=1").text
            for word in ["project created", "items added", "joined", "nothing was changed or removed"] {
                #expect(page.contains(word), "\(word)")
            }
        }
    }

    @Test func afterAWithdrawalTheLeadSeesWhatLearned() async throws {
        let labelling = try Labelling()
        let project = try labelling.project()
        let lead = try labelling.person("Lea", .lead)
        let ada = try labelling.person("Ada")
        try await labelling.run { client in
            let item = try #require(try await ada.next(client, project).items.first)
            _ = try await ada.post(
                client, "/api/assignments/\(item.assignment)/judgment", Browser.judgment(aIsBetter))
            try labelling.write {
                let judgment = try $0.reader.judgments(in: project)[0].id
                try $0.recordUse(
                    run: "runs/rm-7", verb: "reward", schema: "comparisons", rowsHash: "abc",
                    judgments: [judgment])
            }
            let before = try await lead.get(client, "/uses").text
            #expect(!before.contains("To train again"))
            _ = try await ada.form(client, "/account/withdraw", ["confirmation": "withdraw"])
            let page = try await lead.get(client, "/uses").text
            #expect(page.contains("To train again") && page.contains("runs/rm-7") && !page.contains("Ada"))
        }
    }
}
