import Evaluation
import Foundation
import TestSupport
import Testing

@Suite struct DoctorCommandTests {
    private let model = Fixtures.golden("tiny-llama").path

    @Test func aLineEachAndStatusZero() throws {
        let call = try Invocation("doctor", "--model", model, "--precision", "fp32", "--quiet")
        #expect(call.status == 0 && call.errors.isEmpty)
        #expect(call.lines.count { $0.hasPrefix("✓ ") } == 14)
        #expect(
            call.lines.contains {
                $0.hasPrefix("✓ sampling = scoring ") && $0.contains("nats a token (at most")
            })
        #expect(call.lines.last?.hasPrefix("14 of 14 invariants hold for \(model) in fp32 on cpu") == true)
    }

    @Test func aBrokenInvariantEndsWithStatusOne() throws {
        let scratch = try ScratchFolder()
        try scratch.write("{% for m in messages %}{{ m.content }}{% endfor %}", to: "bare.jinja")
        let call = try Invocation(
            "doctor", "--model", model, "--template", scratch.path("bare.jinja"), "--precision", "fp32",
            "--quiet", "--json")
        #expect(call.status == 1)
        #expect(call.errors.hasPrefix("error: 2 of 14 invariants do not hold: end of sequence learned"))
        struct Report: Decodable {
            struct Finding: Decodable {
                let name: String
                let status: String
                let deviation: Double?
                let limit: Double?
                let note: String?
            }
            let healthy: Bool
            let findings: [Finding]
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(call.output.utf8))
        #expect(!report.healthy)
        let broken = report.findings.filter { $0.status == "broken" }
        #expect(broken.map(\.name).last == "stop token in the template's loss")
        #expect(broken.last?.deviation == 5 && broken.last?.limit == 0)
        #expect(broken.last?.note?.contains("would never stop") == true)
    }

    @Test func whatIsNotThereIsMissing() throws {
        #expect(try Invocation("doctor", "--model", "nowhere").status == 66)
        #expect(try Invocation("doctor").status == 64)
        #expect(
            try Invocation("doctor", "--model", model, "--template", "nowhere.jinja", "--quiet").status == 66)
    }

    @Test func aRunIsExaminedByItsLog() throws {
        func fixture(_ name: String) -> String { Fixtures.root.appending(path: "run-logs/\(name)").path }
        let healthy = try Invocation("doctor", "--run", fixture("trl-dpo.json"))
        #expect(healthy.status == 0 && healthy.lines.last?.hasPrefix("no alarm in 12 steps") == true)
        let sick = try Invocation("doctor", "--run", fixture("trl-grpo-truncated.json"), "--json")
        #expect(sick.status == 1)
        #expect(sick.errors.hasSuffix("2 alarms: truncation, groups without signal\n"))
        struct Report: Decodable {
            struct Check: Decodable {
                struct Alarm: Decodable {
                    let step: Int
                    let advice: String
                }
                let name: String
                let status: String
                let alarm: Alarm?
            }
            let healthy: Bool
            let checks: [Check]
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(sick.output.utf8))
        let truncation = try #require(report.checks.first { $0.name == "truncation" })
        #expect(!report.healthy && truncation.status == "alarm" && truncation.alarm?.step == 50)
        #expect(truncation.alarm?.advice.contains("--max-new-tokens") == true)
        #expect(
            report.checks.contains { $0.status == "quiet" }
                && report.checks.contains { $0.status == "not measured" })
        let both = try Invocation("doctor", "--run", fixture("trl-dpo.json"), "--model", model)
        #expect(both.status == 64 && both.errors.contains("none beside --run"))
        #expect(try Invocation("doctor", "--run", "nowhere").status == 66)
    }
}
