import Foundation
import Runs
import TestSupport
import Testing

/// What was typed can be typed again.
@Suite struct ShellLineTests {
    @Test(arguments: [
        (["heed", "sft", "--beta", "0.1"], "heed sft --beta 0.1"),
        (["heed", "--train", "my rows.jsonl"], "heed --train 'my rows.jsonl'"),
        (["heed", "--title", "it's", ""], #"heed --title 'it'\''s' ''"#),
        (
            ["heed", "--train", "/shop/a/b.jsonl", "/shop/a b.jsonl=0.5"],
            "heed --train a/b.jsonl 'a b.jsonl=0.5'"
        ),
        (
            ["heed", "--models", "x=/shop/runs/x/final", "--train=/shop/a"],
            "heed --models x=runs/x/final --train=a"
        ),
        (
            ["heed", "--train", "/shopping/a", "/srv/shop/a", "/shop"],
            "heed --train /shopping/a /srv/shop/a /shop"
        ),
        (["heed", "$HOME;rm `x` \"y\"\n*"], "heed '$HOME;rm `x` \"y\"\n*'"),
    ])
    func aLineNamesWhatLiesInTheFolder(words: [String], line: String) {
        #expect(words.shellLine(in: "/shop") == line)
    }

    /// The shell itself takes the line apart into the same words.
    @Test func aShellReadsTheSameWords() throws {
        let words = [
            "printf", "%s\\0", "it's", "a b", "", "$HOME", "`id`", "\"x\"", "a\nb", "*", "\\", "~", "ü", "#x",
            "!",
        ]
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", words.shellLine(in: "/nowhere")]
        let output = Pipe()
        shell.standardOutput = output
        try shell.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        shell.waitUntilExit()
        #expect(text == words.dropFirst(2).map { $0 + "\0" }.joined())
    }
}
