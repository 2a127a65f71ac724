import Foundation
import JSON
import LanguageModels
import RunTestSupport
import TestSupport
import Testing

@testable import Models

/// Models whose files go away, or do not fit together.
@Suite(.serialized) struct ModelSourceTests {
    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns() }

    private func copy(of model: String, to name: String) throws -> URL {
        let folder = jobs.folder.url.appending(path: name)
        try FileManager.default.copyItem(at: Fixtures.golden(model), to: folder)
        return folder
    }

    /// A run that has begun gives a whole result, whatever becomes of the base model meanwhile.
    @Test func whatTravelsWithAModelIsReadBeforeItsFolderGoes() throws {
        let base = try copy(of: "tiny-llama", to: "base")
        let source = try ModelSource(base.path, on: jobs.computation)
        let given = try Data(contentsOf: base.appending(path: "generation_config.json"))
        try FileManager.default.removeItem(at: base)
        let result = jobs.folder.url.appending(path: "final")
        try FileManager.default.createDirectory(at: result, withIntermediateDirectories: true)
        try source.copyTokenizer(to: result)
        #expect(try Data(contentsOf: result.appending(path: "generation_config.json")) == given)
        #expect(jobs.folder.holds("final/tokenizer.json"))
    }

    /// The adapter that is left names what it lay on.
    @Test func anAdapterWhoseBaseIsGoneNamesIt() throws {
        let base = try copy(of: "tiny-llama", to: "base")
        let adapter = jobs.folder.url.appending(path: "adapter")
        try FileManager.default.createDirectory(at: adapter, withIntermediateDirectories: true)
        let model = try LanguageModel.load(from: base, options: LoadingOptions(trainability: .adapters))
        try model.attachAdapters(
            jobs.lowRank.configuration(
                layers: model.adaptableLayers, task: .causalLanguageModel, baseModel: base.path),
            generator: jobs.computation.generator("adapters"))
        try model.saveTrained(to: adapter)
        #expect(throws: Never.self) { try ModelSource(adapter.path, on: jobs.computation) }
        try FileManager.default.removeItem(at: base)
        let message = jobs.message { _ = try ModelSource(adapter.path, on: jobs.computation) }
        #expect(message?.contains(base.path) == true, "\(message ?? "")")
    }

    /// Ids that the embedding does not have are found when the model is loaded, before a row has them. A token that is added
    /// gets the next free id, whatever it says.
    @Test(arguments: [512, 700]) func aTokenizerOfALargerModelIsRefused(id: Int) throws {
        let folder = try copy(of: "tiny-llama", to: "model")
        let file = folder.appending(path: "tokenizer.json")
        var tokenizer = try JSONValue(parsing: Data(contentsOf: file)).object ?? [:]
        let added: JSONValue = [
            "id": .integer(id), "content": "<|tool|>", "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true,
        ]
        tokenizer["added_tokens"] = .array((tokenizer["added_tokens"]?.array ?? []) + [added])
        try Data(JSONValue.object(tokenizer).text().utf8).write(to: file)
        let source = try ModelSource(folder.path, on: jobs.computation)
        for load in [
            { try source.loadFrozen(on: jobs.computation) },
            { try source.loadTrainable(AdapterTraining(), on: jobs.computation) },
        ] {
            let error = #expect(throws: TokenizerOfAnotherModel.self) { _ = try load() }
            #expect(error?.category == .badData)
            #expect(
                error?.description.contains("at most 512 tokens, as the model has, found 513") == true)
        }
    }
}
