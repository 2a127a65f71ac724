import ArgumentParser
import Foundation
import JSON
import Runs
import Torch
import Training

/// A conversation in the terminal.
struct ChatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Talk with a model.",
        discussion: """
            The conversation is kept. /reset starts over, /system TEXT sets the first message and starts over, /exit or \
            Ctrl-D ends. Where standard input is not a terminal, every line is answered.

            EXAMPLE:
              heed chat --model smollm2-135m-instruct
              echo 'What is the capital of France?' | heed chat --model runs/dpo/final

            With --store every turn offers two answers to choose from, of --model and --against or both of --model, \
            without names: a or b (a1 to a4: slightly to significantly), = for a tie, - where both are bad. Votes go \
            into the store, and the conversation continues from the better answer.

            EXAMPLE:
              heed chat --model runs/dpo/final --against smollm2-135m-instruct \\
                --store feedback.sqlite
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(
        help: ArgumentHelp("A model folder, a .gguf file or a name of 'heed models'.", valueName: "model"))
    var model: String?

    @Option(help: ArgumentHelp("A model that answers beside it.", valueName: "model"))
    var against: String?

    @Option(help: ArgumentHelp("Where your votes go ('heed label').", valueName: "file"))
    var store: String?

    @Option(help: ArgumentHelp("The first message of every conversation.", valueName: "text"))
    var system: String?

    @OptionGroup(title: "SAMPLING") var sampling: SamplingOptions
    @OptionGroup(title: "RUN") var computation: ComputationOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions

    private struct Turn: Encodable {
        let prompt: String
        let answer: ChatSession.Reply
    }

    func run() throws {
        let resolved = try source.reader(flags: self).read(ChatConfiguration())
        resolved.notes.forEach(Console.note)
        guard !source.printConfig else { return print(resolved.yaml, terminator: "") }
        let settings = resolved.value
        try Torch.start(threads: settings.run.threads)
        let context = try RunContext(
            verb: "chat", run: settings.run, mode: .new, settings: JSONValue(encoding: settings),
            progress: reporting.progress)
        let isTerminal = isatty(STDIN_FILENO) == 1
        if isTerminal { Console.write("/reset, /system TEXT, /exit") }
        if let store = settings.store {
            var duel = try ChatDuel(settings, store: store, context: context)
            try converse(isTerminal) { try respond(to: $0, &duel, isTerminal) }
        } else {
            var session = try ChatSession(settings, context: context)
            try converse(isTerminal) { try respond(to: $0, &session) }
        }
    }

    /// Takes line after line until there is none, or `respond` says that it is enough.
    private func converse(_ isTerminal: Bool, _ respond: (String) throws -> Bool) throws {
        while let line = nextLine(isTerminal) {
            do {
                guard try respond(line) else { return }
            } catch let error where isTerminal {
                Console.error("\(error)")
            }
        }
    }

    private func nextLine(_ isTerminal: Bool, prompt: String = "> ") -> String? {
        if isTerminal { show(prompt) }
        guard let line = readLine() else {
            if isTerminal { show("\n") }
            return nil
        }
        return line.trimmingCharacters(in: .whitespaces)
    }

    /// Answers a line, or does what it asks for; false where that is to end.
    private func respond(to line: String, _ session: inout ChatSession) throws -> Bool {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        switch words.first {
        case nil: break
        case "/exit": return false
        case "/reset": session.reset()
        case "/system": session.reset(system: words.count > 1 ? words[1] : "")
        case let word? where word.hasPrefix("/"):
            Console.note("\(word) is none of /reset, /system TEXT, /exit")
        default: try answer(line, &session)
        }
        return true
    }

    private func answer(_ text: String, _ session: inout ChatSession) throws {
        let answer = try session.answer(text) { if !reporting.json { show($0) } }
        if reporting.json { return try printJSON(Turn(prompt: text, answer: answer)) }
        show("\n")
        if answer.forgotten > 0 {
            Console.note("the first \(answer.forgotten) messages no longer fit and were left out")
        }
        if answer.finish == .length {
            Console.note("cut off; --max-new-tokens sets how long an answer may be")
        }
    }

    private func respond(to line: String, _ duel: inout ChatDuel, _ isTerminal: Bool) throws -> Bool {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        switch words.first {
        case nil: break
        case "/exit": return false
        case "/reset": duel.reset()
        case "/system": duel.reset(system: words.count > 1 ? words[1] : "")
        case let word? where word.hasPrefix("/"):
            Console.note("\(word) is none of /reset, /system TEXT, /exit")
        default: return try choose(line, &duel, isTerminal)
        }
        return true
    }

    private struct Choice: Encodable {
        let prompt: String
        /// As they were shown.
        let answers: [ChatSession.Reply]
        let vote: String
    }

    /// Shows two answers and takes a vote; false where the input ends before one.
    private func choose(_ question: String, _ duel: inout ChatDuel, _ isTerminal: Bool) throws -> Bool {
        let turn = try duel.ask(question)
        if !reporting.json {
            for (name, answer) in zip(["A", "B"], turn.shown) { show("\(name): \(answer.text)\n\n") }
        }
        let began = ContinuousClock.now
        while let line = nextLine(isTerminal, prompt: "a, b, = or - > ") {
            guard let verdict = ChatDuel.verdict(line, on: turn) else {
                Console.note(
                    "a or b (a1 to a4: slightly to significantly), = for a tie, - where both are bad")
                continue
            }
            try duel.vote(verdict, on: turn, seconds: began.duration(to: .now) / .seconds(1))
            if reporting.json { try printJSON(Choice(prompt: question, answers: turn.shown, vote: line)) }
            return true
        }
        return false
    }

    /// Prints without waiting for the end of the line.
    private func show(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
