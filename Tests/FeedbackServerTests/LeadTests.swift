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
            #expect(first.added == 450 && first.duplicates == 0)
            let again: Receipt = try await upload(rows + [""], "?model=first%20model").json()
            #expect(again.added == 0 && again.duplicates == 450)
            let item = try labelling.read { try $0.items(in: project)[0] }
            #expect(item.responses.map(\.text) == ["a", "b"] && item.responses[0].finish == .stop)
            #expect(item.responses[0].policy == Policy(name: "first model", hash: "abc"))

            let broken = try await upload(
                (0..<200).map { #"{"prompt": "q\#($0)", "responses": [{"text": "a"}, {"text": "b"}]}"# } + [
                    #"{"prompt": 7}"#
                ])
            #expect(broken.status == 422 && broken.text.contains("Line 201: expected"))
            #expect(try labelling.read { try $0.items(in: project).count } == 450)
            // As `heed sample` writes them: more answers than two are compared by pairs, those of one model too.
            let sampled =
                #"{"prompt": "s", "responses": [{"text": "a"}, {"text": "b"}, {"text": "c"}, {"text": "a"}], "policy": "abc", "policy_name": "tiny", "sampler": {"temperature": 0.5}, "topic": "art"}"#
            let pairs: Receipt = try await upload([sampled], "?model=unused").json()
            #expect(pairs.added == 3)
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

    /// The page and the command line make the same items of the same file.
    @Test(arguments: LabellingTask.allCases.filter { $0 != .chat })
    func thePageMakesTheItemsOfTheCommandLine(task: LabellingTask) async throws {
        let rows: String = (0..<3).flatMap { prompt -> [String] in
            (0..<2).map { model -> String in
                let answers: String = (0..<3).map { #"{"text": "\#(model) says \#($0)"}"# }.joined(
                    separator: ", ")
                return #"{"prompt": "p\#(prompt)", "responses": [\#(answers)], "policy_name": "m\#(model)"}"#
            }
        }.joined(separator: "\n")
        let labelling = try Labelling()
        let project = try labelling.project(ProjectDefinition(task: task), items: 0)
        let lead = try labelling.person("Lea", .lead)
        try await labelling.run { client in
            let answer = try await lead.send(
                client, .post, "/api/projects/\(project)/items", body: rows, type: "application/jsonl")
            #expect(answer.status == 200)
        }
        try labelling.folder.write(rows + "\n", to: "rows.jsonl")
        var setup = StudySetup(project: "by command")
        (setup.task, setup.responses) = (task, [labelling.folder.item("rows.jsonl")])
        _ = try setup.apply(to: labelling.store)
        let texts = try labelling.read { reader in
            try reader.projects().map { try reader.items(in: $0.id).map { $0.responses.map(\.text) } }
        }
        #expect(texts.count == 2 && texts[0] == texts[1] && !texts[0].isEmpty)
    }

    /// Another layout than that of `heed sample` is named by its columns, with the way in that it has.
    @Test(arguments: [
        (#"{"prompt": "p", "chosen": "a", "rejected": "b"}"#, #"found "prompt", "chosen", "rejected""#),
        (#"{"fields": {"prompt": "p"}, "responses": {}}"#, #"found "fields", "responses""#),
        (#"{"data": {"prompt": "p"}, "annotations": []}"#, #"found "data", "annotations""#),
        ("[{\"fields\": {\"prompt\": \"p\"}}]", "found a list, as other tools export"),
        (" [\n {\"id\": 1}]", "found a list, as other tools export"), ("{}", "found no column"),
        (#"{"prompt": null, "responses": [{"text": "a"}]}"#, #"found "responses""#),
    ]) func otherLayoutsAreSentElsewhere(body: String, found: String) async throws {
        let labelling = try Labelling()
        let project = try labelling.project(items: 0)
        let lead = try labelling.person("Lea", .lead)
        try await labelling.run { client in
            let answer = try await lead.send(
                client, .post, "/api/projects/\(project)/items", body: body, type: "application/jsonl")
            let message = answer.text.replacingOccurrences(of: "\\\"", with: "\"")
            #expect(answer.status == 422 && message.contains("Line 1: expected \"prompt\" and \"responses\""))
            #expect(message.contains(found) && message.contains("heed label import"), "\(message)")
        }
        #expect(try labelling.read { try $0.items(in: project).isEmpty })
    }

    @Test func itemsOnWhichPeoplePartComeFirst() async throws {
        var definition = ProjectDefinition(task: .compare)
        definition.overlap = 2
        let labelling = try Labelling()
        let project = try labelling.project(definition)
        let lead = try labelling.person("Lea", .lead)
        try await labelling.run { client in
            for name in ["Ada", "Bob"] {
                let person = try labelling.person(name)
                for held in try await person.next(client, project, count: 5).items {
                    let item = try labelling.read { try $0.assignment(held.assignment) }
                    // They agree on every item but the third.
                    let best = item.item.id == 3 && name == "Bob" ? 1 : 0
                    let letter = Letters.letter(try #require(item.place(of: best)))
                    let opinion = #"{"verdicts": {"": {"better": "\#(letter)", "strength": 1}}}"#
                    let answer = try await person.post(
                        client, "/api/assignments/\(held.assignment)/judgment", Browser.judgment(opinion))
                    #expect(answer.status == 200)
                }
            }
            let items = try await lead.get(client, "/projects/\(project)/items?order=disagreement").text
            #expect(items.split(separator: "data-item=\"").dropFirst().first?.hasPrefix("3\"") == true)
            #expect(items.contains("<td class=\"number\">0 %</td>"), "\(items)")
            let study = try await lead.get(client, "/projects/\(project)").text
            #expect(study.contains("/projects/\(project)/items?order=disagreement"))
        }
        let report = try labelling.read { try $0.studyReport(of: project) }
        #expect(report.items.first?.item == 3 && report.items.first?.agreement == 0)
        #expect(report.tables.first { $0.name == "contested" }?.rows.map { $0[0] } == ["3"])
    }

    @Test func linksThatOnlyThisMachineOpensSaySo() async throws {
        for (host, isHere) in [("127.0.0.1", true), ("0.0.0.0", false)] {
            let labelling = try Labelling(ServerConfiguration(host: host))
            var lead = try labelling.person("Lea", .lead)
            if !isHere {
                lead.authority = "heed.example"
                lead.headers[.origin] = "http://heed.example"
            }
            try await labelling.run { [lead] client in
                let page = try await lead.form(
                    client, "/people/invitations", ["role": "annotator", "days": "7"])
                #expect(page.status == 200 && page.text.contains("Only this machine") == isHere)
            }
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
            for word in ["project created", "items added", "joined", "none of these was changed or removed"] {
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
