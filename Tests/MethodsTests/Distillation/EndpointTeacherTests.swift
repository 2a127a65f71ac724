import Datasets
import Endpoints
import Foundation
import JSON
import LanguageModels
import RunTestSupport
import Runs
import Synchronization
import TestSupport
import Testing
import Tokenization
import Torch
import Training

@testable import Methods

/// A teacher behind an address: a server of the test's own that says what a tiny model says.
@Suite(.serialized) struct EndpointTeacherTests {
    private let jobs: TinyRuns
    private let model: LanguageModel
    private let tokenizer: Tokenizer
    private let student: Tokenizer
    private let texts: [(prompt: String, answer: String)]

    init() throws {
        jobs = try TinyRuns()
        let folder = try jobs.makeTeacherOfAnotherTokenizer()
        model = try LanguageModel.load(from: folder, options: LoadingOptions(precision: .fp32, device: .cpu))
        tokenizer = try Tokenizer(contentsOf: folder)
        student = try Tokenizer(contentsOf: Fixtures.golden("tiny-llama"))
        texts = ["cold", "sold", "told", "ink", "tall", "ferm"].map {
            ("The \($0)", " keeper walked to the \($0) market.")
        }
        let rows = texts.map { #"{"prompt": "\#($0.prompt)", "completion": "\#($0.answer)"}"# }
        try jobs.folder.write(rows.joined(separator: "\n"), to: "rows.jsonl")
    }

    /// What the teacher says of each text, as its server writes it.
    private func answers() -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: texts.map { text in
                let tokens = tokenizer.encode(text.prompt + text.answer, addingSpecialTokens: false)
                let spelled = tokenizer.spelled(tokens, stopTokens: []).map {
                    String(decoding: $0, as: UTF8.self)
                }
                let values = withoutGradients {
                    model.tokenLikelihoods(
                        of: PackedBatch([tokens]), counts: [false] + tokens.dropFirst().map { _ in true }
                    ).logProbabilities.doubles()
                }
                // A server writes one token more, as it has to.
                return (
                    text.prompt + text.answer,
                    Self.answer(spelled + [" and"], [nil] + values.map { $0 } + [-1])
                )
            })
    }

    private static func answer(_ tokens: [String], _ values: [Double?]) -> String {
        let said: JSONValue = [
            "tokens": .array(tokens.map(JSONValue.string)),
            "token_logprobs": .array(values.map { $0.map(JSONValue.number) ?? .null }),
        ]
        return JSONValue.object(["choices": .array([["logprobs": said]])]).text()
    }

    private func server(
        _ asked: Asked = Asked(),
        failing fails: @escaping @Sendable (Int) -> LocalServer.Answer? = { _ in nil }
    ) throws -> LocalServer {
        let answers = answers()
        return try LocalServer { path, body in
            guard path == "/v1/completions" else { return .json(#"{"data": [{"id": "tiny"}]}"#) }
            let question = try? JSONValue(parsing: Array(body.utf8))
            let text = question?["prompt"]?.string ?? ""
            guard question?["echo"] == true, let answer = answers[text] else {
                return .json("?", status: 400)
            }
            return fails(asked.add(text)) ?? .json(answer)
        }
    }

    private func run(_ teacher: String, _ output: String, scores: String? = nil) throws -> [MetricsRecord] {
        var training = jobs.training(steps: 4, learningRate: 3e-3)
        training.train = [jobs.folder.path("rows.jsonl")]
        training.batchSize = 6
        training.schedule = .constant
        var method = Distillation.Configuration()
        method.teacher = [teacher]
        method.teacherScores = scores.map(jobs.folder.path)
        _ = try Distillation.run(
            training, adapters: jobs.lowRank, method: method, context: jobs.context(output))
        return try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl"))
    }

    /// What comes over the wire is what the model itself says, but for the end of the answer.
    @Test func spansAndNumbersAreTheModels() throws {
        let server = try server()
        let own = Aligner.Side(tokenizer: student, stopTokens: [], maximumLength: 512)
        let theirs = Aligner.Side(
            tokenizer: tokenizer,
            stopTokens: [tokenizer.endOfSequence?.id].compactMap(\.self).reduce(into: []) { $0.insert($1) },
            maximumLength: 512)
        let local = Aligner(student: own, teachers: [theirs], teacherOfDataSet: [0])
        let remote = EndpointAligner(
            student: own, teacher: try EndpointTeacher(server.url, keepingIn: nil))
        for (index, text) in texts.enumerated() {
            let row = SourcedRow(
                SupervisedRow.completion(
                    CompletionRow(prompt: .plain(text.prompt), completion: .plain(text.answer))),
                place: Place(file: "rows", line: index + 1), index: index)
            guard case .kept(let sequence, _, _, _) = try own.preparation(nil).prepareAsTold(row) else {
                continue
            }
            let here = try #require(try local.answer(row, student: sequence, dataSet: 0))
            let there = try #require(try remote.answer(row, student: sequence, dataSet: 0))
            #expect(
                there.spans == Array(here.spans.prefix(there.spans.count))
                    && there.spans.count >= here.spans.count - 1)
            let values = withoutGradients {
                model.tokenLikelihoods(of: PackedBatch([here.teacher.tokens]), counts: here.teacher.counts)
                    .logProbabilities.doubles()
            }
            expectClose(
                (there.logProbabilities ?? []).map(Double.init),
                Array(values.prefix(there.logProbabilities?.count ?? 0)),
                relative: 1e-4)
        }
    }

    @Test func aStudentLearnsAndAsksOnce() throws {
        let asked = Asked()
        let server = try server(asked)
        let records = try run(server.url, "first", scores: "scores")
        let losses = records.compactMap { $0["loss"] }
        #expect(try #require(losses.last) < losses[0] && records.allSatisfy { ($0["aligned"] ?? 0) > 0.8 })
        #expect(asked.texts.count == 6)
        #expect(try run(server.url, "second", scores: "scores").compactMap { $0["loss"] } == losses)
        #expect(asked.texts.count == 6)
        let message = jobs.message { _ = try run(server.url + "#other", "third", scores: "scores") }
        #expect(message?.contains("which is of \(server.url)#tiny") == true, "\(message ?? "")")
    }

    /// What was said before the server failed is kept.
    @Test func nothingIsLost() throws {
        let asked = Asked()
        let failing = Asked()
        let server = try server(asked) {
            $0 > 3 && failing.texts.isEmpty ? .json("no more", status: 403) : nil
        }
        let message = jobs.message { _ = try run(server.url, "failed", scores: "kept") }
        #expect(
            message?.contains("rows.jsonl:") == true && message?.contains("status 403: no more") == true,
            "\(message ?? "")")
        let known = try jobs.folder.text("kept/endpoint.jsonl").split(separator: "\n").count
        #expect(known == 3)
        _ = failing.add("well again")
        let before = asked.texts.count
        _ = try run(server.url, "again", scores: "kept")
        #expect(asked.texts.count == before + 3)
    }

    @Test func liesAreNoticed() throws {
        func refusal(_ tokens: [String], _ values: [Double?]) -> String {
            let answer = Self.answer(tokens, values)
            do {
                _ = try EndpointTeacher.Reading(JSONValue(parsing: Array(answer.utf8)), of: "Hé, you")
                return "nothing"
            } catch { return "\(error)" }
        }
        #expect(refusal(["H", "é, ", "you"], [nil, -1, -2]) == "nothing")
        // Halves of a character, a beginning that spells nothing, and what the server had to write besides.
        #expect(
            refusal(["<s>", "H", "bytes:\\xc3", "bytes:\\xa9", ", you", "!"], [nil, -1, -1, -1, -2, -9])
                == "nothing")
        #expect(
            refusal(["H", "é, "], [nil, -1]).contains("expected tokens of 8 bytes, found 2, of 5 bytes alone")
        )
        #expect(refusal(["H", "é, ", "me"], [nil, -1, -2]).contains("'me' for token 3, at byte 5"))
        #expect(refusal(["H", "é, ", "you"], [nil, -1]).contains("3 tokens with 2 numbers"))
        #expect(refusal(["H", "é, ", "you"], [nil, 0.7, -2]).contains("found 0.7"))
        #expect(refusal(["H", "é, ", "you"], [nil, nil, -2]).contains("found none"))
        #expect(throws: Misreading.self) {
            try EndpointTeacher.Reading(
                JSONValue(parsing: Array(#"{"choices": [{"text": "x"}]}"#.utf8)), of: "x")
        }
    }

    @Test func whatAServerCannotTellIsRefused() throws {
        let server = try server()
        for change: (inout Distillation.Configuration) -> Void in [
            { $0.alignment = .gold }, { $0.onPolicy = 1 }, { $0.distillsSequences = true },
            { $0.teacher.append("rows.jsonl=\(jobs.model)") },
        ] {
            var training = jobs.training(steps: 1)
            training.train = [jobs.folder.path("rows.jsonl")]
            var method = Distillation.Configuration()
            method.teacher = [server.url]
            change(&method)
            let message = jobs.message {
                _ = try Distillation.run(training, method: method, context: jobs.context("no"))
            }
            #expect(message?.contains("teacher") == true, "\(message ?? "nothing")")
        }
        try jobs.folder.write(
            #"{"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "b"}]}"#,
            to: "rows.jsonl")
        let message = jobs.message { _ = try run(server.url, "chat") }
        #expect(
            message?.contains("rows.jsonl:1: expected plain text beside a teacher at an address") == true,
            "\(message ?? "")")
    }
}

/// Which texts were asked about.
private final class Asked: Sendable {
    private let all = Mutex<[String]>([])
    /// - Returns: how many there are now.
    func add(_ text: String) -> Int {
        all.withLock {
            $0.append(text)
            return $0.count
        }
    }
    var texts: [String] { all.withLock { $0 } }
}
