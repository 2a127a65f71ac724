import ArgumentParser
import JSON
import Models
import Runs
import Settings
import Torch
import Training

/// A command that looks for faults, and ends with status 1 where it finds one.
protocol ExaminationCommand: ParsableCommand {
    associatedtype Configuration: ExaminationConfiguration
    var source: ConfigurationOptions { get }
    var reporting: ReportingOptions { get }
    /// What to do where its report is there already.
    var mode: RunFolder.Mode { get }

    func examine(_ configuration: Configuration, _ context: RunContext) throws -> any Examination
}

/// Its settings, all of them as they are where nothing else is said.
protocol ExaminationConfiguration: ConfigurationSection {
    init()
    var run: RunConfiguration { get }
}

/// What it found.
protocol Examination: Encodable {
    var lines: [String] { get }
    /// Nil where nothing is wrong.
    var fault: (any Error)? { get }
}

extension ExaminationCommand {
    var mode: RunFolder.Mode { .new }

    func run() throws {
        let resolved = try source.reader(flags: self).read(Configuration())
        resolved.notes.forEach(Console.note)
        guard !source.printConfig else { return print(resolved.yaml, terminator: "") }
        let settings = resolved.value
        Interruption.install()
        try Torch.start(threads: settings.run.threads)
        let context = try RunContext(
            verb: Self._commandName, run: settings.run, mode: mode, settings: JSONValue(encoding: settings),
            progress: reporting.progress)
        let found = try examine(settings, context)
        if reporting.json { try printJSON(found) } else { found.lines.forEach(Console.show) }
        if let fault = found.fault { throw fault }
    }
}
