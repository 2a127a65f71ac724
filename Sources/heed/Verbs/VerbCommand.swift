import ArgumentParser
import Foundation
import Runs
import Verbs

/// A command that reads the settings of a verb, runs it and prints what it says.
protocol VerbCommand: ParsableCommand {
    associatedtype ExistingOutput: ExistingOutputOptions
    static var verb: Verb { get }
    var source: ConfigurationOptions { get }
    var reporting: ReportingOptions { get }
    var existing: ExistingOutput { get }
}

extension VerbCommand {
    func run() throws { try runVerb() }

    func runVerb() throws {
        var reader = try source.reader(flags: self)
        if case .resume = existing.mode { reader = try Self.verb.resuming(reader) }
        var prepared = try Self.verb.prepare(reader)
        prepared.configurationFile = source.file
        prepared.notes.forEach(Console.note)
        guard !source.printConfig else { return print(prepared.yaml, terminator: "") }
        Interruption.install()
        let result = try prepared.run(
            mode: existing.mode, progress: reporting.progress, origin: .init(command: commandLine))
        if reporting.json { try printJSON(result.json) } else { result.lines.forEach(Console.show) }
    }
}

/// What was typed, to be typed again.
var commandLine: String {
    (["heed"] + CommandLine.arguments.dropFirst()).shellLine(in: FileManager.default.currentDirectoryPath)
}
