import ArgumentParser
import CStartUp
import Errors
import Foundation
import Runs
import Settings

/// The command line: parse, compose, print.
@main
struct HeedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heed",
        abstract: "Turns a language model into one that people prefer, with the proof.",
        usage: "heed VERB [--config FILE.yaml] [flags]",
        discussion: """
            Every verb has an example: heed help VERB. A flag wins over the file, the file over the default; \
            --print-config shows what a verb would do.
            """,
        version: Heed.version,
        // In the order of a model's life.
        subcommands: [
            ModelsCommand.self, TokenizerCommand.self, PretrainCommand.self, TasksCommand.self,
            SFTCommand.self, ChatCommand.self, SampleCommand.self, ScoreCommand.self, AnnotateCommand.self,
            ConstitutionCommand.self, LabelCommand.self,
            RewardCommand.self, DPOCommand.self,
            KTOCommand.self, ORPOCommand.self, CPOCommand.self, PPOCommand.self, GRPOCommand.self,
            RejectionCommand.self, DistillCommand.self, LintRewardCommand.self, JudgeCardCommand.self,
            EvaluateCommand.self,
            RunCommand.self, StudyCommand.self,
            DoctorCommand.self,
        ])

    static func main() async {
        start_up_skip_destructors()
        do {
            try refuseUnknownVerb(Array(CommandLine.arguments.dropFirst()))
            try await runVerb()
            try Console.finishOutput()
        } catch {
            // Mistaken flags are ArgumentParser's to explain; everything else is one line.
            let status = ExitStatus(of: error)
            Console.error(status == nil ? explanation(of: error) : "\(error)")
            Foundation.exit(status?.rawValue ?? exitCode(for: error).rawValue)
        }
    }

    private static func explanation(of error: any Error) -> String {
        let message = fullMessage(for: error)
        return message.hasPrefix("Error: ") ? String(message.dropFirst("Error: ".count)) : message
    }

    private static func runVerb() async throws {
        do {
            var command = try parse(Array(CommandLine.arguments.dropFirst()))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch  where exitCode(for: error).isSuccess {
            // Help and versions are results, and come here as errors.
            print(fullMessage(for: error))
        }
    }

    /// Parses as ArgumentParser does, but takes negative numbers as values, knows what unknown flags were meant to be, and
    /// refuses an option that is given twice, of which the last would count.
    private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
        let arguments = arguments.joiningNegativeNumbers
        do {
            let command = try parseAsRoot(arguments)
            if let repeated = RepeatedOption(in: arguments, of: type(of: command)) { throw repeated }
            return command
        } catch {
            guard let verb = configuration.subcommands.first(where: { $0._commandName == arguments.first }),
                let unknown = UnknownFlag(fullMessage(for: error), of: verb)
            else { throw error }
            throw unknown
        }
    }

    /// Help is asked for verbs, and for those below them: `heed help label import`.
    private static func refuseUnknownVerb(_ words: [String]) throws {
        var known: [any ParsableCommand.Type] = configuration.subcommands
        let isHelp = words.first == "help"
        let named = isHelp ? words.dropFirst() : words.prefix(1)
        for word in named.prefix(while: { !$0.hasPrefix("-") }) {
            guard !isHelp || word != "help" else { continue }
            guard let verb = known.first(where: { $0._commandName == word }) else {
                throw UnknownVerb(word: word, verbs: known.map { $0._commandName } + (isHelp ? [] : ["help"]))
            }
            known = verb.configuration.subcommands
        }
    }
}

struct UnknownVerb: CategorizedError, CustomStringConvertible {
    let word: String
    let verbs: [String]

    var category: ErrorCategory { .usage }

    var description: String {
        let advice =
            nearestName(to: word, among: verbs).map { "did you mean '\($0)'?" }
            ?? "they are listed by heed help"
        return "'\(word)' is not a verb; \(advice)"
    }
}
