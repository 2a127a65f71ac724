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
            The conversation is kept. /retry has the last question answered anew, /undo takes it back, /reset starts \
            over, /system TEXT sets the first message and starts over, /save FILE writes the conversation as a row for \
            'heed sft', /exit or Ctrl-D ends. In a terminal the arrow keys edit the line and bring former ones back, and \
            Ctrl-C stops an answer. Where standard input is not a terminal, every line is answered.

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
        let input = ChatInput()
        if let store = settings.store {
            var duel = try ChatDuel(settings, store: store, context: context)
            try converse(input, with: &duel, talk: choose)
        } else {
            var session = try ChatSession(settings, context: context)
            try converse(input, with: &session, talk: answer)
        }
    }

    /// Takes line after line until there is none, or until `talk` says that it is enough.
    private func converse<Partner: ChatPartner>(
        _ input: ChatInput, with partner: inout Partner,
        talk: (ChatLine, inout Partner, ChatInput) throws -> Bool
    ) throws {
        if input.isTerminal { Console.write(Partner.commands) }
        while let text = try input.nextLine() {
            do {
                let line = ChatLine(text)
                guard line != .exit else { return }
                if try partner.obey(line) { continue }
                guard try talk(line, &partner, input) else { return }
            } catch let error where input.isTerminal && !(error is OutputLost) {
                Console.error("\(error)")
            }
        }
    }

    // MARK: One model

    private func answer(_ line: ChatLine, _ session: inout ChatSession, _ input: ChatInput) throws -> Bool {
        switch line {
        case .text(let text): try answer(text, &session, input)
        case .undo, .retry:
            guard let question = session.undo() else {
                Console.note("there is no question to take back")
                break
            }
            if line == .retry {
                try answer(question, &session, input)
            } else {
                Console.note("taken back: \(question)")
            }
        default: Console.note("this is none of \(ChatSession.commands)")
        }
        return true
    }

    private func answer(_ text: String, _ session: inout ChatSession, _ input: ChatInput) throws {
        let answer = try Interruption.stopping(isOn: input.isTerminal) {
            try session.answer(text, isStopped: { Interruption.requested }) {
                if !reporting.json { try Console.put($0.printable) }
            }
        }
        if reporting.json { return try printJSON(Turn(prompt: text, answer: answer)) }
        try Console.put("\n")
        if answer.forgotten > 0 {
            Console.note("the first \(answer.forgotten) messages no longer fit and were left out")
        }
        if answer.stopped == true {
            Console.note("stopped; /retry has it answered anew")
        } else if answer.finish == .length {
            Console.note("cut off; --max-new-tokens sets how long an answer may be")
        }
    }

    // MARK: Two answers to choose from

    private struct Choice: Encodable {
        let prompt: String
        /// As they were shown.
        let answers: [ChatSession.Reply]
        let vote: String
    }

    /// Shows two answers and takes a vote; false where the input ends before one.
    private func choose(_ line: ChatLine, _ duel: inout ChatDuel, _ input: ChatInput) throws -> Bool {
        guard case .text(let question) = line else {
            Console.note("what was voted on stays; this is none of \(ChatDuel.commands)")
            return true
        }
        let turn = try duel.ask(question)
        if !reporting.json {
            for (name, answer) in zip(["A", "B"], turn.shown) {
                try Console.put("\(name): \(answer.text.printable)\n\n")
            }
        }
        let began = ContinuousClock.now
        while let vote = try input.nextLine(prompt: "a, b, = or - > ", isKept: false) {
            guard let verdict = ChatDuel.verdict(vote, on: turn) else {
                Console.note(
                    "a or b (a1 to a4: slightly to significantly), = for a tie, - where both are bad")
                continue
            }
            try duel.vote(verdict, on: turn, seconds: began.duration(to: .now) / .seconds(1))
            if reporting.json { try printJSON(Choice(prompt: question, answers: turn.shown, vote: vote)) }
            return true
        }
        return false
    }
}
