import Datasets
import Files
import Foundation
import JSON
import LanguageModels
import Models
import Rewards
import Runs
import Settings
import Tokenization

/// Settings of `heed constitution`.
public struct ConstitutionConfiguration: ConfigurationSection, Equatable {
    public var model: String?
    /// JSON Lines files with one prompt per row.
    public var prompts: [String] = []
    /// A text file with a principle a line; nil: ``Principles/constitution``.
    public var constitution: String?
    /// How many times an answer is criticised and written again.
    public var revisions = 1
    /// Whether first answers are learned from that the token limit cut off.
    public var keepsCutOff = false
    /// Whether prompts in plain text become messages, laid out by the model's chat template.
    public var chatPrompts = false
    /// The number of prompts, from the beginning of the files; nil: all of them.
    public var limit: Int?
    public var sampler = SamplerConfiguration()
    /// Texts written side by side.
    public var slots = 32

    public init() { sampler.maximumNewTokens = 256 }

    public enum CodingKeys: String, CodingKey {
        case model, prompts, constitution, revisions, limit, sampler, slots
        case keepsCutOff = "keep_cut_off"
        case chatPrompts = "chat_prompts"
    }

    public static let synonyms: [String: ConfigurationSynonym] = ["model_name_or_path": .name("model")]

    public static let ranges: [String: SettingRange] = [
        "slots": .within(1...4096), "limit": .atLeast(1), "revisions": .within(1...16),
    ]

    public func validate() throws {
        try InvalidSetting.check(
            sampler.answersPerPrompt == 1, SamplerConfiguration.CodingKeys.answersPerPrompt,
            expected: "1, as each prompt has one chain of revisions", found: sampler.answersPerPrompt)
    }
}

/// `heed constitution`: a model answers, criticises its answer by a principle and writes it again, and the last answer becomes
/// a demonstration (Bai et al., *Constitutional AI*, 2022, section 3).
///
/// Rows are written as they are done to a partial file beside the output; a second call continues after them.
public enum Revising {
    public static func run(
        _ configuration: ConstitutionConfiguration, context: RunContext
    ) throws -> ConstitutionResult {
        let source = try ModelSource(configuration.model, on: context.computation)
        guard source.tokenizer.chatTemplate != nil else {
            throw InvalidSetting(
                "model", expected: "a model with a chat template, as it is asked to criticise itself",
                found: source.argument)
        }
        let file = configuration.constitution.map { URL(fileURLWithPath: $0) }
        let principles = try file.map(Principles.init) ?? .constitution
        let given = try JSONLines(
            configuration.prompts, setting: "prompts", chatPrompts: configuration.chatPrompts
        ).load(PromptRow.self).prefix(configuration.limit ?? .max)
        if let row = given.first(where: { !$0.row.prompt.isConversation }) {
            throw DataError(
                at: row.place, expected: "a prompt of messages", found: "plain text",
                remedy: "give messages, or --chat-prompts")
        }
        let prompts = try PreparedPrompts(
            Array(given), for: source, maximumNewTokens: configuration.sampler.maximumNewTokens,
            progress: context.progress)
        context.progress.note(
            "revised by \(principles.texts.count) principles of \(file?.path ?? "our own (--constitution FILE for others)")"
        )
        let output = try context.outputFile()
        let started = ContinuousClock.now
        let model = try source.loadFrozen(on: context.computation, onlyGenerates: true)
        let reviser = Reviser(
            answerer: Answerer(
                model, tokenizer: source.tokenizer,
                options: configuration.sampler.options(
                    stopTokens: source.stopTokens, seed: context.seeds.derived("sampling").value,
                    slots: configuration.slots)),
            principles: principles, revisions: configuration.revisions,
            keepsCutOff: configuration.keepsCutOff,
            seed: context.seeds.derived("principles").value, policy: try source.contentHash())
        let bar = context.progress.begin(
            "revising", total: prompts.rows.count * reviser.textsPerPrompt)
        let rows = try PartialRows<CompletionRow>(
            output,
            following: source.inputs(role: "model").map(\.url)
                + configuration.prompts.map { URL(fileURLWithPath: $0) } + [file].compactMap(\.self), context)
        try model.withPackedWeights {
            // Prompts without a whole answer have no row.
            let former = rows.rows.last.flatMap(Reviser.index).map { $0 + 1 } ?? 0
            for group in prompts.rows.indices.dropFirst(former).map(\.self).chunked(2 * configuration.slots) {
                try Interruption.check(.resumes)
                let done = group[group.startIndex] * reviser.textsPerPrompt
                let new = try ModelNotFinite.naming {
                    "\(prompts.places[group[group.startIndex + $0]])"
                } _: {
                    try reviser.rows(of: group.map { ($0, prompts.rows[$0]) }) { bar.update(done + $0) }
                }
                try rows.append(new)
            }
        }
        try rows.finish()
        // Texts that had no room were never written.
        bar.update(prompts.rows.count * reviser.textsPerPrompt)
        bar.finish()
        return ConstitutionResult(
            output: output.path, prompts: prompts.rows.count, rows: rows.rows, configuration: configuration,
            seconds: started.duration(to: .now) / .seconds(1))
    }
}
