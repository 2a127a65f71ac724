import Foundation
import Models
import Runs
import Synchronization
import Verbs

@testable import Recipes

/// Settings of a verb for tests.
struct NoteSettings: VerbSettings {
    var text = ""
    var from: [String] = []
    var model: String?
    var run = RunConfiguration()

    var inputs: [VerbInput] { (.data(from) + .models(model)).map(VerbInput.setting) }
}

/// A verb for tests, `note`: writes its text behind the contents of the files it reads, and remembers having run.
final class NoteVerb: Sendable {
    struct Refusal: Error, CustomStringConvertible {
        let description = "refused"
    }

    private let calls = Mutex<[String]>([])
    private let commandLines = Mutex<[String?]>([])
    private let refused = Mutex<Set<String>>([])

    /// The texts written since this was last asked for.
    func newCalls() -> [String] {
        calls.withLock { calls in
            defer { calls = [] }
            return calls
        }
    }

    /// What run.json would say of the calls so far.
    var saidCommandLines: [String?] { commandLines.withLock { $0 } }

    /// Makes the stage with this text fail, until it is called with nil.
    func refuse(_ text: String?) { refused.withLock { $0 = text.map { [$0] } ?? [] } }

    var verbs: [Verb] {
        [
            Verb("note", output: .rows, defaults: NoteSettings()) { [self] in try write($0, $1) },
            Verb("pair", output: .split, defaults: NoteSettings()) { [self] in try write($0, $1) },
            .dpo,
        ]
    }

    private func write(_ settings: NoteSettings, _ call: VerbCall) throws -> VerbResult {
        calls.withLock { $0.append(settings.text) }
        commandLines.withLock { $0.append(call.context.commandLine) }
        if refused.withLock({ $0.contains(settings.text) }) { throw Refusal() }
        let texts = try settings.from.map {
            try String(contentsOf: URL(fileURLWithPath: $0), encoding: .utf8)
        }
        let output = try call.context.outputFile()
        try Data((texts + [settings.text]).joined(separator: "+").utf8).write(to: output)
        return VerbResult(json: ["output": output.path], lines: ["wrote \(settings.text)"])
    }
}
