import ArgumentParser
import Evaluation
import Foundation
import Recipes
import Runs

/// A command that reads the settings of a verb, runs it and prints what it says.
protocol VerbCommand: ParsableCommand {
    static var verb: Verb { get }
    var source: ConfigurationOptions { get }
    var reporting: ReportingOptions { get }
    var existing: RunFolderOptions { get }
}

extension VerbCommand {
    func run() throws {
        let prepared = try Self.verb.prepare(source.reader(flags: self))
        source.note(ignoredKeys: prepared.ignoredKeys)
        guard !source.printConfig else { return print(prepared.yaml, terminator: "") }
        Interruption.install()
        let result = try prepared.run(
            mode: existing.mode, progress: reporting.progress, framing: .init(command: commandLine))
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
