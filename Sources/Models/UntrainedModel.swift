import Checkpoints
import Errors
import Files
import Foundation
import LanguageModels
import Tokenization

/// A model that is yet to learn anything: a shape and a tokenizer.
public struct UntrainedModel: Sendable {
    public let configuration: ModelConfiguration
    public let tokenizer: Tokenizer
    private let inputs: [(role: String, url: URL)]

    /// - Parameter inputs: what shape and tokenizer were read from, the tokenizer last, for run.json.
    /// - Throws: `TokenizerOfAnotherModel` where the tokenizer has more tokens than the model.
    public init(_ configuration: ModelConfiguration, tokenizer: Tokenizer, inputs: [(role: String, url: URL)])
        throws
    {
        guard tokenizer.vocabularySize <= configuration.vocabularySize else {
            throw TokenizerOfAnotherModel(
                tokenizer: inputs.last?.url.path ?? "", tokens: tokenizer.vocabularySize,
                limit: configuration.vocabularySize)
        }
        self.configuration = configuration
        self.tokenizer = tokenizer
        self.inputs = inputs
    }

    /// The model with random weights that follow from the seed of the run, ready to be trained in full.
    public func load(on computation: Computation) throws -> LanguageModel {
        // By way of files, so that there is one way in which models are built.
        let folder = try TransientFolder("heed-untrained")
        let seeds = computation.seeds.derived("untrained weights")
        try LanguageModel.writeUntrained(configuration, to: folder.url) { seeds.derived($0).value }
        return try LanguageModel.load(
            from: folder.url,
            options: LoadingOptions(
                precision: computation.precision, device: computation.device, trainability: .full))
    }

    public func inputs(role: String) -> [(role: String, url: URL)] { inputs }

    public func copyTokenizer(to folder: URL) throws { try tokenizer.write(to: folder) }
}
