import Errors
import Feedback
import Foundation

@testable import FeedbackServer

extension FuzzFormat {
    /// Bodies of requests to the labelling app.
    static let requests = [
        FuzzFormat(
            "form", .text, sources: ["FeedbackServer/Leading/ProjectForm.swift"],
            samples: [
                "name=Study&task=rate&question=Which%3F&lowest_mark=1&highest_mark=5&strengths=4&allows_tie=on"
                    + "&reason=optional&overlap=2&gold_percent=5&repeat_percent=5&repeat_distance=20&selection=random"
                    + "&random_percent=20&lease_minutes=30&stopping_percent=5&aspects=kind%3A+How+kind%0D%0Ashort"
                    + "&groups=place%3A+north%2C+south&guidelines=%F0%9F%91%8D"
            ], words: ["&", "=", "%", "%00", "%FF", "%0A", "+", ";", "&lowest_mark=", "&lease_minutes="]
        ) { input in
            try answered {
                let definition = try ProjectForm.definition(Form(input.data))
                try definition.validate()
                _ = ProjectForm(definition)
            }
        },
        FuzzFormat(
            "submissions", .json, sources: [],
            samples: [
                #"{"request": "E621E1F8-C36C-495A-93FC-0C247A3E6E5F", "seconds": 3.5, "replacing": 0, "opinion": "#
                    + #"{"verdicts": {"helpful": {"better": "A", "strength": 2}, "kind": {"tie": true}}, "#
                    + #""flags": {"A": ["unsafe"]}, "edits": {"B": "x"}, "reason": "so"}}"#,
                #"{"request": "E621E1F8-C36C-495A-93FC-0C247A3E6E5F", "seconds": 0, "replacing": 1, "opinion": "#
                    + #"{"verdicts": {"": {"ranking": {"A": 1, "B": 2}}, "x": {"marks": {"A": 4, "B": 5}}}}}"#,
            ]
        ) { input in
            try answered {
                let body = try JSONDecoder().decode(Submitted.self, from: input.data)
                let opinion = try body.opinion.opinion([1, 0])
                _ = ShownOpinion(opinion, [1, 0])
            }
        },
        FuzzFormat(
            "uploads", .json, sources: ["FeedbackServer/Leading/ImportPages.swift"],
            samples: [
                #"{"prompt": "a", "responses": [{"text": "b", "model": "m"}, {"text": "c"}], "expected": {"verdicts": "#
                    + #"{"": {"better": 0, "strength": 2}}, "flags": {"0": ["unsafe"]}}, "explanation": "e"}"#,
                "{\"prompt\": \"a\", \"responses\": [{\"text\": \"b\"}, {\"text\": \"c\"}]}\n"
                    + "{\"prompt\": \"d\", \"responses\": [{\"text\": \"e\", \"finish\": \"stop\"}]}",
            ]
        ) { input in
            let tasks = LabellingTask.allCases
            try answered {
                var lines = LineSplitter(limit: 1 << 20)
                var plan = ItemPlan(model: "m")
                for line in try lines.lines(adding: input.bytes) { try plan.add(line) }
                if let line = lines.rest { try plan.add(line) }
                _ = plan.items(for: ProjectDefinition(task: tasks[input.index % tasks.count]))
            }
        },
    ]

    /// What a browser sends with a judgment.
    private struct Submitted: Decodable {
        let request: UUID
        let opinion: ShownOpinion
        let seconds: Double
        let replacing: Int
    }

    /// Runs what the app does with a body; it answers to bodies of another form.
    private static func answered(_ body: () throws -> Void) throws {
        do { try body() } catch is DecodingError {} catch let problem as RequestProblem {
            guard problem.status.code < 500 else { throw problem }
        }
    }
}
