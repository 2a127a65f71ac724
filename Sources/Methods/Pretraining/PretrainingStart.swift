import Checkpoints
import Datasets
import Files
import Foundation
import LanguageModels
import Models
import Tokenization
import Training

/// What is trained: a new model, or one that is there.
enum PretrainingStart {
    case anew(UntrainedModel)
    case from(ModelSource)

    init(_ settings: TrainingSettings<Pretraining>, on computation: Computation) throws {
        guard settings.startsAnew, let argument = settings.method.tokenizer else {
            self = .from(
                try ModelSource(
                    trainable: settings.training.model, adapters: settings.adapters, on: computation))
            return
        }
        let store = CatalogueStore()
        let tokenizer = try store.tokenizer(ofModel: argument, progress: computation.downloadProgress)
        let folder = URL(fileURLWithPath: argument)
        let place =
            FileSystem.exists(folder)
            ? folder : try store.folders(ofModel: argument, progress: computation.downloadProgress).tokenizer
        let shape = settings.method.architecture.map { URL(fileURLWithPath: $0) }
        let configuration =
            try shape.map(ModelConfiguration.init(contentsOf:))
            ?? Self.configuration(settings, tokenizer: tokenizer)
        let inputs = (shape.map { [("architecture", $0)] } ?? []) + [("tokenizer", place)]
        self = .anew(try UntrainedModel(configuration, tokenizer: tokenizer, inputs: inputs))
    }

    private static func configuration(
        _ settings: TrainingSettings<Pretraining>, tokenizer: Tokenizer
    ) throws -> ModelConfiguration {
        let training = Pretraining.trainingDefaults
        return try (settings.method.preset ?? .tiny).configuration(
            vocabularySize: tokenizer.vocabularySize,
            positions: settings.training.maximumLength ?? training.maximumLength ?? 0,
            beginning: DocumentFrame(settings.method, tokenizer: tokenizer).beginning,
            ends: tokenizer.stopTokens.map(\.id))
    }

    var point: any StartingPoint {
        switch self {
        case .anew(let model): model
        case .from(let source): source
        }
    }

    var tokenizer: Tokenizer {
        switch self {
        case .anew(let model): model.tokenizer
        case .from(let source): source.tokenizer
        }
    }

    var configuration: ModelConfiguration {
        get throws {
            switch self {
            case .anew(let model): model.configuration
            case .from(let source): try source.configuration()
            }
        }
    }

    /// The longest row to train on: `limit`, and never more than the model has positions for.
    func maximumLength(_ limit: Int?) throws -> Int {
        let positions = try configuration.maximumPositions
        return min(limit ?? positions, positions)
    }

    func load(_ adapters: AdapterTraining, on computation: Computation) throws -> LanguageModel {
        switch self {
        case .anew(let model): try model.load(on: computation)
        case .from(let source): try source.loadTrainable(adapters, on: computation)
        }
    }
}
