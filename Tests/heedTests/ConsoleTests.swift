import Foundation
import TestSupport
import Testing

@testable import heed

/// What comes from files never commands the terminal.
@Suite struct ConsoleTests {
    @Test(arguments: [
        ("plain — ünïcode 猫 👩‍👩‍👧", "plain — ünïcode 猫 👩‍👩‍👧"), ("two\nlines\tand tabs", "two\nlines\tand tabs"),
        ("\u{1B}]0;owned\u{07}", "\\u001b]0;owned\\u0007"), ("a\rb\u{0}", "a\\u000db\\u0000"),
        ("\u{9B}31m", "\\u009b31m"), ("\u{7F}", "\\u007f"), ("x\u{202E}gpj", "x\\u202egpj"),
        ("\u{2066}i\u{2069}", "\\u2066i\\u2069"), ("\r\n", "\\u000d\n"),
    ]) func commandsAreShown(text: String, shown: String) {
        #expect(text.printable == shown)
    }

    @Test func jsonStaysWhatItWas() throws {
        let text = "\u{1B}[2J\u{9B}\u{202E}é"
        let encoded = String(decoding: try JSONEncoder().encode([text]), as: UTF8.self).printable
        #expect(!encoded.unicodeScalars.contains { $0.value == 0x9B || $0.value == 0x202E })
        #expect(try JSONDecoder().decode([String].self, from: Data(encoded.utf8)) == [text])
    }

    @Test func anAnnotatorsNameIsShownAndNotObeyed() throws {
        let folder = try ScratchFolder()
        let name = #"\u001b]0;owned\u0007"#
        try folder.write(
            #"{"prompt": "q", "chosen": "a", "rejected": "b", "annotator": "\#(name)"}"# + "\n",
            to: "rows.jsonl")
        let call = try Invocation(
            "label", "import", folder.path("rows.jsonl"), "--store", folder.path("s.sqlite"), "--project", "p"
        )
        #expect(call.status == 64)
        #expect(call.errors.contains(#"\u001b]0;owned\u0007"#) && !call.errors.contains("\u{1B}"))
    }
}
