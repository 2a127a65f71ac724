import Foundation
import TestSupport
import Testing
import Tokenization

@testable import heed

@Suite struct MaskPreviewTests {
    private let messages = #"[{"role":"user","content":"Hi"},{"role":"assistant","content":"Yes"}]"#
    private let model = Fixtures.golden("tiny-llama").path

    @Test func marksStretches() throws {
        let tokenizer = try Tokenizer(contentsOf: Fixtures.golden("tiny-llama"))
        let ids = tokenizer.encode("ab cd ef")
        let text = { (marks: [Bool], style: MaskPreview.Style) in
            MaskPreview.text(ids, isMarked: marks, tokenizer: tokenizer, style: style)
        }
        #expect(text(ids.map { _ in false }, .brackets) == "ab cd ef")
        #expect(text(ids.map { _ in true }, .brackets) == "⟦ab cd ef⟧")
        #expect(text(ids.map { _ in true }, .colour) == "\u{1B}[1;32mab cd ef\u{1B}[0m")
        let marks = ids.indices.map { $0 == 0 || $0 == ids.count - 1 }
        let parts = [tokenizer.decode([ids[0]]), tokenizer.decode(Array(ids.dropFirst().dropLast()))]
        #expect(
            text(marks, .brackets) == "⟦\(parts[0])⟧\(parts[1])⟦\(tokenizer.decode([ids[ids.count - 1]]))⟧")
    }

    /// The text in brackets goes where people read, the ids where programs do.
    @Test func standsBesideTheIds() throws {
        let shown = try Invocation("tokenizer", "template", "--mask", "--model", model, input: messages)
        #expect(shown.errors.hasSuffix("user\nHi<|im_end|>\n<|im_start|>assistant\n⟦Yes<|im_end|>⟧\n\n"))
        #expect(shown.output.hasPrefix(#"{"assistant_mask":[0,"#))
        for flag in ["--json", "--quiet"] {
            let silent = try Invocation(
                "tokenizer", "template", "--mask", flag, "--model", model, input: messages)
            #expect(silent.errors.isEmpty && silent.output == shown.output)
        }
    }
}
