import Foundation
import JSON

/// A chat template: a program in the part of Jinja that such templates use, read once and rendered many
/// times.
///
/// It writes what `transformers` writes with its sandboxed environment of Jinja 3.1 (`trim_blocks`,
/// `lstrip_blocks`, loop controls, `tojson` without escapes for non-ASCII, `raise_exception`, `strftime_now`,
/// `{% generation %}`). What is not supported is refused when the template is read. Differences, all of them
/// refusals or harmless: `safe` only turns a value into text, iterators are run at once, integers have 64
/// bits, keys of mappings are strings.
public struct ChatTemplate: Sendable {
    public let source: String
    private let statements: [JinjaStatement]
    private let limits: JinjaLimits

    /// - Throws: `TemplateError.syntax` with the line and column of what is not known.
    public init(_ source: String) throws {
        try self.init(source, limits: .standard)
    }

    init(_ source: String, limits: JinjaLimits) throws {
        self.source = source
        self.limits = limits
        statements = try JinjaParser.parse(source)
    }

    /// - Parameters:
    ///   - specialTokens: for example `["bos_token": "<s>"]`; the names are those of `tokenizer_config.json`.
    ///   - variables: what else the template reads (`tools`, `enable_thinking`, …); they take precedence over the others.
    ///   - date: what `strftime_now` formats, in the local time zone.
    /// - Throws: `TemplateError`, with the template's own message where it calls `raise_exception`.
    public func render(
        _ messages: [Message], addGenerationPrompt: Bool, specialTokens: [String: String] = [:],
        variables: JSONObject = [:], date: Date = Date()
    ) throws -> String {
        let context = context(messages, addGenerationPrompt, specialTokens, variables)
        return try render(context, date: date, markingGeneration: false).text
    }

    /// The text and the ranges (UTF-8 byte offsets, ascending, not empty) that `{% generation %}` blocks
    /// wrote.
    /// - Throws: as `render`, and where such a block writes into a macro or a `set` block, as its place in
    ///   the text is then not known.
    public func renderMarkingGeneration(
        _ messages: [Message], addGenerationPrompt: Bool, specialTokens: [String: String] = [:],
        variables: JSONObject = [:], date: Date = Date()
    ) throws -> (text: String, generated: [Range<Int>]) {
        let context = context(messages, addGenerationPrompt, specialTokens, variables)
        return try render(context, date: date, markingGeneration: true)
    }

    func render(
        _ context: JSONObject, date: Date, markingGeneration: Bool
    ) throws -> (text: String, generated: [Range<Int>]) {
        let interpreter = JinjaInterpreter(limits: limits, date: date, marksGeneration: markingGeneration)
        return try interpreter.run(statements, context: context)
    }

    /// `tools` and `documents` are none, not undefined, where nobody gives them: templates ask `is not none`.
    private func context(
        _ messages: [Message], _ addGenerationPrompt: Bool, _ specialTokens: [String: String],
        _ variables: JSONObject
    ) -> JSONObject {
        var context: JSONObject = [
            "messages": .array(messages.map(\.json)),
            "add_generation_prompt": .boolean(addGenerationPrompt),
            "tools": .null,
            "documents": .null,
        ]
        for (name, text) in specialTokens { context[name] = .string(text) }
        for (name, value) in variables { context[name] = value }
        return context
    }
}
