import ArgumentParser
import Foundation
import Runs
import Verbs

/// A command that reads the settings of a verb, runs it and prints what it says.
protocol VerbCommand: ParsableCommand {
    static var verb: Verb { get }
    var source: ConfigurationOptions { get }
    var reporting: ReportingOptions { get }
    var existing: RunFolderOptions { get }
}

extension VerbCommand {
    func run() throws {
        var prepared = try Self.verb.prepare(source.reader(flags: self))
        prepared.configurationFile = source.file
        prepared.notes.forEach(Console.note)
        guard !source.printConfig else { return print(prepared.yaml, terminator: "") }
        Interruption.install()
        let result = try prepared.run(
            mode: existing.mode, progress: reporting.progress, origin: .init(command: commandLine))
        if reporting.json { try printJSON(result.json) } else { result.lines.forEach { print($0) } }
    }
}

/// What was typed, to be typed again.
var commandLine: String {
    (["heed"] + CommandLine.arguments.dropFirst()).map { word in
        let isPlain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_=./:,".contains($0) }
        return isPlain && !word.isEmpty ? word : "'\(word.replacingOccurrences(of: "'", with: #"'\''"#))'"
    }.joined(separator: " ")
}
