import Foundation
import TestSupport
import Testing

@Suite struct RunCommandTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        let yaml = try String(contentsOf: Fixtures.root.appending(path: "recipes/tiny.yaml"), encoding: .utf8)
        try folder.write(yaml.replacingOccurrences(of: "FIXTURES", with: Fixtures.root.path), to: "tiny.yaml")
    }

    private func arguments(output: String) -> [String] {
        ["run", folder.path("tiny.yaml"), "--output", folder.path(output), "--quiet"]
    }

    @Test func mistakesAreNamed() throws {
        let file = try folder.write("stages:\n  - verb: sft\n    train: ${x}\n", to: "bad.yaml").path
        let call = try Invocation("run", file)
        #expect(call.status == 65 && call.errors.contains("bad.yaml:3: '${x}' refers to no stage"))
        #expect(try Invocation("run", "nowhere.yaml").status == 66)
    }

    @Test func printsTheSettingsOfEveryStage() throws {
        let call = try Invocation(arguments(output: "out") + ["--print-config"])
        #expect(call.status == 0 && call.output.contains("# stage 7 of 9: dpo\n"))
        #expect(!folder.holds("out"))
    }

    @Test func interruptedItStopsCleanlyAndGoesOn() throws {
        let endless = try folder.text("tiny.yaml")
            .replacingOccurrences(of: "max_steps: 2", with: "max_steps: 100000\n    learning_rate: 0")
        try folder.write(endless, to: "tiny.yaml")
        let steps = { (try? folder.text("out/ppo/metrics.jsonl").split(separator: "\n").count) ?? 0 }
        #expect(try Invocation.signal(SIGINT, arguments(output: "out"), once: { steps() >= 2 }) == 130)
        let before = steps()
        #expect(folder.holds("out/ppo/checkpoint-\(before)"))
        #expect(try Invocation.signal(SIGINT, arguments(output: "out"), once: { steps() > before }) == 130)
        let manifest = try folder.text("out/ppo/run.json")
        #expect(manifest.contains("interrupted"))
    }

    @Test func killedAnywhereItGoesOn() throws {
        let whole = try Invocation(arguments(output: "whole"))
        #expect(whole.status == 0, "\(whole.errors)")
        #expect(whole.output.contains("The report is \(folder.path("whole/report/report.html"))"))

        for landmark in [
            "out/judgments.jsonl", "out/dpo/checkpoint-1", "out/ppo/metrics.jsonl", "out/report/arms",
        ] {
            try Invocation.signal(SIGKILL, arguments(output: "out"), once: { folder.holds(landmark) })
        }
        let last = try Invocation(arguments(output: "out"))
        #expect(last.status == 0, "\(last.errors)")
        for file in [
            "responses.jsonl", "judgments.jsonl", "dpo/final/adapter_model.safetensors",
            "ppo/final/adapter_model.safetensors",
        ] {
            #expect(
                try folder.data("out/\(file)") == folder.data("whole/\(file)"), "\(file)")
        }
    }
}
