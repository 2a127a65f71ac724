import Foundation
import LanguageModels
import Models
import RunTestSupport
import TestSupport
import Testing

@testable import Doctor

@Suite struct DoctorTests {
    @Test(
        arguments: ["tiny-llama", "tiny-qwen2", "tiny-qwen3"],
        [RunConfiguration.Precision.float32, .bfloat16])
    func everythingHoldsForOurModels(model: String, precision: RunConfiguration.Precision) throws {
        let report = try Examination.report(Fixtures.golden(model).path, precision: precision)
        print(report.lines.joined(separator: "\n"))
        #expect(report.failure == nil)
        #expect(report.findings.count == (precision == .float32 ? 14 : 13))
        #expect(!report.findings.contains { if case .skipped = $0.outcome { true } else { false } })
    }

    @Test func theLastLineNamesWhatComputed() throws {
        let report = { (device: String, instructions: String?) in
            DoctorReport(
                model: "m", precision: "fp32", device: device, instructions: instructions, findings: [],
                seconds: 2)
        }
        #expect(
            report("cpu", "generic").lines == ["0 of 0 invariants hold for m in fp32 on cpu (generic), 2.0 s"]
        )
        #expect(report("cuda:0", nil).lines == ["0 of 0 invariants hold for m in fp32 on cuda:0, 2.0 s"])
        let json = { String(decoding: try JSONEncoder().encode($0 as DoctorReport), as: UTF8.self) }
        #expect(try json(report("cpu", "generic")).contains(#""instructions":"generic""#))
        #expect(try !json(report("cuda:0", nil)).contains("instructions"))
    }

    /// An adapter is examined as it is, and its reference is a model of its own.
    @Test func everythingHoldsForAnAdapter() throws {
        let jobs = try TinyRuns()
        let report = try Examination.report(try jobs.adapter())
        #expect(report.failure == nil, "\(report.lines)")
    }

    /// What is no number is a finding, as what does not hold is, and not a failure of the doctor's own.
    @Test func aModelWithoutNumbersIsUnhealthy() throws {
        let jobs = try TinyRuns()
        let report = try Examination.report(jobs.damagedModel())
        let failure = try #require(report.failure)
        #expect(failure.names.contains("sampling = scoring"))
        #expect(report.lines.contains { $0.contains("expected finite numbers of the model") })
    }

    /// Such as one that was pre-trained on short texts.
    @Test func aModelOfFewPositionsIsExaminedOnWhatItReads() throws {
        let scratch = try ScratchFolder()
        let model = try scratch.model { $1 }
        let file = URL(fileURLWithPath: model).appending(path: "config.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        let shortened = text.replacing(
            /"max_position_embeddings": \d+/, with: #""max_position_embeddings": 64"#)
        try #require(shortened != text)
        try FileManager.default.removeItem(at: file)
        try Data(shortened.utf8).write(to: file)
        let report = try Examination.report(model)
        #expect(report.failure == nil, "\(report.lines)")
    }

    @Test func withoutATemplateItsChecksAreSkipped() throws {
        let scratch = try ScratchFolder()
        let model = try scratch.model { file, text in file == "chat_template.jinja" ? nil : text }
        let report = try Examination.report(model)
        #expect(report.failure == nil)
        let skipped = report.lines.filter { $0.hasPrefix("–") }
        #expect(skipped.count == 2 && skipped.allSatisfy { $0.hasSuffix("skipped: no chat template") })
    }

    @Test func aTemplateCanBeGiven() throws {
        let scratch = try ScratchFolder()
        try scratch.write(
            "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
                + "{% if add_generation_prompt %}assistant: {% endif %}", to: "bare.jinja")
        let report = try Examination.report(
            Fixtures.golden("tiny-llama").path, template: scratch.path("bare.jinja"))
        #expect(
            report.failure?.names == [
                "end of sequence learned, EOS ≠ PAD", "stop token in the template's loss",
            ])
        #expect(
            report.failure?.description.hasPrefix("2 of 14 invariants do not hold: end of sequence") == true)
        let advised = try #require(report.lines.firstIndex { $0.hasPrefix("✗ stop token") })
        #expect(report.lines[advised].contains("5 of 5 answers without a learned end"))
        #expect(report.lines[advised + 1].contains("would never stop"))
    }

    @Test func aTemplateThatRefusesIsAFinding() throws {
        let scratch = try ScratchFolder()
        try scratch.write("{{ raise_exception('no user may speak') }}", to: "bad.jinja")
        let report = try Examination.report(
            Fixtures.golden("tiny-llama").path, template: scratch.path("bad.jinja"))
        #expect(report.failure?.names.count == 6)
        let line = try #require(report.lines.firstIndex { $0.hasPrefix("✗ stop token") })
        #expect(report.lines[line].contains("could not be measured"))
        #expect(report.lines[line + 1].contains("no user may speak"))
    }

    @Test func aRewardModelIsRefused() throws {
        let jobs = try TinyRuns()
        #expect(
            jobs.message { _ = try Examination.report(jobs.rewardModel) }?.contains("a reward model") == true)
    }

    /// Nothing of the examination stays behind.
    @Test func leavesTheModelAsItWas() throws {
        let scratch = try ScratchFolder()
        let model = try scratch.model { $1 }
        let before = try scratch.data("model/model.safetensors")
        _ = try Examination.report(model)
        #expect(try scratch.data("model/model.safetensors") == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path) == ["model"])
    }
}
