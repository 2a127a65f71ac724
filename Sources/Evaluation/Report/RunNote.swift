import Foundation
import Runs
import Statistics

extension Report {
    /// What was run, so that it can be judged and repeated from the report alone: a training run, or the evaluation itself.
    /// Names in it are those of the catalogue or of folders; no place on a machine.
    public struct RunNote: Codable, Hashable, Sendable {
        /// Something it read.
        public struct Input: Codable, Hashable, Sendable {
            /// What it was to the run, such as `train` or `model`.
            public var role: String
            public var name: String
            /// Of the file, or of a folder's files.
            public var sha256: String
            /// Nil where the file is no longer there, or is none of rows.
            public var rows: Int?

            public init(role: String, name: String, sha256: String, rows: Int? = nil) {
                self.role = role
                self.name = name
                self.sha256 = sha256
                self.rows = rows
            }
        }

        public struct Setting: Codable, Hashable, Sendable {
            public var name: String
            public var value: String

            public init(name: String, value: String) {
                self.name = name
                self.value = value
            }
        }

        public var name: String
        public var verb: String
        /// What was typed; nil where the run does not say.
        public var command: String?
        public var inputs: [Input]
        /// As they were resolved, what matters most first; what was left open is not there.
        public var settings: [Setting]
        public var seed: Int
        public var device: String
        /// As used; nil where the run does not say.
        public var precision: String?
        public var threads: Int
        /// By the name of the component.
        public var versions: [String: String]
        public var machine: Machine?
        /// Wall-clock time.
        public var seconds: Double?
        /// What the run said of how it went; nil where it said nothing.
        public var notes: [String]?

        public init(
            name: String, verb: String, command: String? = nil, inputs: [Input] = [],
            settings: [Setting] = [], seed: Int, device: String, precision: String? = nil, threads: Int,
            versions: [String: String] = [:],
            machine: Machine? = nil, seconds: Double? = nil, notes: [String]? = nil
        ) {
            self.name = name
            self.verb = verb
            self.command = command
            self.inputs = inputs
            self.settings = settings
            self.seed = seed
            self.device = device
            self.precision = precision
            self.threads = threads
            self.versions = versions
            self.machine = machine
            self.seconds = seconds
            self.notes = notes
        }
    }

    /// The model behind an arm.
    public struct ModelNote: Codable, Hashable, Sendable {
        public var arm: String
        /// Of the catalogue, or of a folder.
        public var name: String
        /// Of all files that the weights come from, an adapter's base included.
        public var sha256: String
        /// What an adapter lies on.
        public var base: String?

        public init(arm: String, name: String, sha256: String, base: String? = nil) {
            self.arm = arm
            self.name = name
            self.sha256 = sha256
            self.base = base
        }
    }
}

extension ReportPage {
    /// The settings that stand in the open; the others are folded.
    private static let leadingSettings = 16

    /// Models, data, settings and machines, from what the runs wrote down.
    var runsSection: HTML? {
        guard !report.models.isEmpty || !report.runs.isEmpty else { return nil }
        let models = report.models.map { model in
            [model.arm, model.name, model.base ?? "–", Self.short(model.sha256)]
        }
        let table =
            models.isEmpty ? [] : [HTML.facts(["arm", "model", "on the base", "weights (SHA-256)"], models)]
        return section("What was run", table + report.runs.flatMap(runContent))
    }

    private func runContent(_ run: Report.RunNote) -> [HTML] {
        let title = run.name == run.verb ? run.name : "\(run.name) (heed \(run.verb))"
        let inputs = run.inputs.map { input in
            [input.role, input.name, input.rows.map(String.init) ?? "–", Self.short(input.sha256)]
        }
        let shown = run.settings.prefix(Self.leadingSettings)
        let others = run.settings.dropFirst(Self.leadingSettings)
        var content: [HTML] = [.element("h3", title)]
        if let command = run.command { content.append(.element("pre", [.element("code", command)])) }
        if let notes = run.notes {
            content.append(.element("ul", ["class": "findings"], notes.map { .element("li", $0) }))
        }
        if !inputs.isEmpty { content.append(.facts(["read as", "name", "rows", "SHA-256"], inputs)) }
        if !shown.isEmpty { content.append(.element("p", ["class": "settings"], [Self.list(shown)])) }
        if !others.isEmpty {
            content.append(
                .element(
                    "details",
                    [
                        .element("summary", "\(others.count) more settings"),
                        .element("p", ["class": "settings"], [Self.list(others)]),
                    ]))
        }
        content.append(.element("p", ["class": "hint"], Self.computation(of: run)))
        return content
    }

    private static func list(_ settings: some Sequence<Report.RunNote.Setting>) -> HTML {
        .fragment(
            settings.map { setting in
                .element("span", [.text(setting.name + " "), .element("b", setting.value)])
            })
    }

    private static func computation(of run: Report.RunNote) -> String {
        let threads = "\(run.threads) thread\(run.threads == 1 ? "" : "s")"
        let machine = run.machine.map { "\($0.processor), \($0.cores) core\($0.cores == 1 ? "" : "s")" }
        let versions = run.versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let parts =
            [run.device, run.precision, threads, machine, "seed \(run.seed)"] + versions
            + [run.seconds.map(duration)]
        return parts.compactMap(\.self).joined(separator: " · ")
    }

    /// Enough of a hash to tell one from another; report.json has all of it.
    private static func short(_ hash: String) -> String { String(hash.prefix(12)) }
}
