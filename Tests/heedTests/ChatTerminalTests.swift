#if os(Linux)
import Foundation
import TestSupport
import Testing

/// `heed chat` with somebody at a keyboard.
@Suite struct ChatTerminalTests {
    private func chat(_ more: String...) throws -> PseudoTerminal {
        try PseudoTerminal(
            ["chat", "--model", Fixtures.golden("tiny-llama").path, "--greedy", "--precision", "fp32"] + more)
    }

    @Test func linesAreEditedAndComeBack() throws {
        let terminal = try chat("--max-new-tokens", "4")
        #expect(terminal.shows("> "))
        #expect(!terminal.isAsBefore)
        terminal.type("/systm\u{1B}[D\u{1B}[De\u{7F}\u{15}/wh\u{1B}[Dx\u{05}at\r")
        #expect(terminal.shows("/wxhtmat is none of /help"), "\(terminal.screen)")
        #expect(terminal.shows("> "))
        terminal.type("\u{1B}[A\r")
        #expect(terminal.shows("/wxhtmat is none of /help"), "\(terminal.screen)")
        #expect(terminal.shows("> "))
        // A line that is given up, and then the conversation.
        terminal.type("half\u{03}")
        #expect(terminal.shows("^C"))
        #expect(terminal.shows("> "))
        terminal.type("\u{03}")
        #expect(terminal.waitForEnd() == 0 && terminal.isAsBefore)
    }

    @Test func ctrlCStopsTheAnswerAndKeepsTheChat() throws {
        let folder = try ScratchFolder()
        // Endless, as this model ends nothing soon.
        let terminal = try chat("--max-new-tokens", "400")
        #expect(terminal.shows("> "))
        terminal.type("Hello\r")
        #expect(terminal.shows("Hello\u{1B}[K\r\n"), "\(terminal.screen)")
        terminal.send(SIGINT)
        #expect(terminal.shows("note: "), "\(terminal.screen)")
        #expect(terminal.shows("> "), "\(terminal.screen)")
        terminal.type("/save \(folder.path("chat.jsonl"))\r")
        #expect(terminal.shows("messages are in"))
        terminal.type("/exit\r")
        #expect(terminal.waitForEnd() == 0 && terminal.isAsBefore)
        #expect(folder.holds("chat.jsonl"))
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT])
    func theTerminalIsRestoredHoweverItEnds(_ signal: Int32) throws {
        let terminal = try chat()
        #expect(terminal.shows("> "))
        terminal.send(signal)
        #expect(terminal.waitForEnd() == 128 + signal && terminal.isAsBefore)
    }
}
#endif
