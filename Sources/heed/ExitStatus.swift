import Alignment
import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
import Feedback
import Files
import Foundation
import LanguageModels
import Recipes
import Runs
import Tokenization
import Torch

/// How a process ends, after sysexits.h: what a script may branch on.
enum ExitStatus: Int32 {
    /// `doctor` found something broken.
    case unhealthy = 1
    case usage = 64
    case badData = 65
    case missingInput = 66
    case ownFault = 70
    case cannotCreate = 73
    case inputOutput = 74
    case tryAgain = 75
    case interrupted = 130

    /// The status for an error of the layers below, or nil for one that ArgumentParser prints and numbers.
    init?(of error: any Error) {
        switch error {
        case let error as ConfigurationError: self = Self.status(of: error)
        case let error as CatalogueError: self = Self.status(of: error)
        case let error as ModelLocationError: self = Self.status(of: error)
        case let error as CheckpointError: self = Self.status(of: error.kind)
        case let error as DataError: self = Self.status(of: error.kind)
        case let error as FileError: self = Self.status(of: error.category)
        case let error as RunError: self = Self.status(of: error)
        case let error as TrainingError: self = Self.status(of: error)
        case let error as ExchangeError: self = Self.status(of: error.kind)
        case let error as FeedbackError: self = Self.status(of: error)
        case let error as CocoaError: self = Self.status(of: error)
        case AnnotatorError.answerTooLong: self = .badData
        case is UnknownVerb, is InvalidSetting, is AnnotatorError, is DeviceError: self = .usage
        case GenerationError.invalidParameter: self = .usage
        case TokenizerError.unreadable: self = .missingInput
        case TokenizerError.unwritable: self = .inputOutput
        case is TokenizerError, is TemplateError, is MessageError, is GenerationError, is WeightError:
            self = .badData
        case is RecipeError: self = .badData
        case is OutputExists: self = .cannotCreate
        case is InvariantsBroken: self = .unhealthy
        case is any WaitingForPeople: self = .tryAgain
        case is FetchingInterrupted, is EvaluationInterrupted, is RecipeInterrupted: self = .interrupted
        case let error as StageFailure: self = ExitStatus(of: error.cause) ?? .ownFault
        default:
            // ArgumentParser's own errors have no public type; any other error it would number as a plain failure.
            guard HeedCommand.exitCode(for: error) == .failure else { return nil }
            self = .ownFault
        }
    }

    private static func status(of error: ConfigurationError) -> ExitStatus {
        switch error {
        case .unreadable: .missingInput
        case .unknownKey(_, .flag, _), .unfitValue(_, .flag, _, _), .unfitValue(_, .defaults, _, _): .usage
        default: .badData
        }
    }

    private static func status(of error: CatalogueError) -> ExitStatus {
        switch error {
        case .unknownName: .usage
        case .wheelMissing, .pipMissing: .missingInput
        case .wrongHash, .memberMissing: .badData
        case .diskFull: .inputOutput
        case .networkDown, .notServed: .tryAgain
        }
    }

    private static func status(of error: ModelLocationError) -> ExitStatus {
        switch error {
        case .notFound: .missingInput
        case .notAModel, .adapterWithoutBase, .adapterOnAdapter: .badData
        }
    }

    private static func status(of kind: CheckpointError.Kind) -> ExitStatus {
        switch kind {
        case .missing: .missingInput
        case .malformed, .unsupported: .badData
        case .inputOutput: .inputOutput
        }
    }

    private static func status(of kind: DataError.Kind) -> ExitStatus {
        switch kind {
        case .badData: .badData
        case .missingInput: .missingInput
        case .inputOutput: .inputOutput
        }
    }

    private static func status(of category: FileError.Category) -> ExitStatus {
        switch category {
        case .missingInput: .missingInput
        case .cannotCreate: .cannotCreate
        case .inputOutput: .inputOutput
        case .tryAgain: .tryAgain
        }
    }

    private static func status(of error: RunError) -> ExitStatus {
        switch error {
        case .alreadyExists, .notARun, .alreadyFinished: .cannotCreate
        case .nothingToResume: .missingInput
        case .differs, .malformed: .badData
        }
    }

    private static func status(of error: TrainingError) -> ExitStatus {
        switch error {
        case .interrupted: .interrupted
        case .diverged, .unusableCheckpoint: .badData
        }
    }

    private static func status(of kind: ExchangeError.Kind) -> ExitStatus {
        switch kind {
        case .usage: .usage
        case .badData: .badData
        }
    }

    private static func status(of error: FeedbackError) -> ExitStatus {
        switch error {
        case .notAStore, .madeByNewerHeed, .madeByOlderHeed, .damaged, .auditBroken, .invalidItem,
            .invalidOpinion:
            .badData
        case .signInRefused, .invitationRefused, .notActive, .notALead, .notTheirs, .alreadyJudged,
            .notAnswerable, .requestReused, .projectClosed, .conversationEnded:
            .cannotCreate
        case .noProject, .noItem, .noAnnotator, .noAssignment, .noConversation, .noInvitation,
            .invalidDefinition, .invalidTurn, .invalidName, .undeclaredGroup, .nameTaken:
            .usage
        }
    }

    private static func status(of error: CocoaError) -> ExitStatus {
        switch error.code {
        case .fileNoSuchFile, .fileReadNoSuchFile: .missingInput
        case .fileWriteFileExists, .fileWriteNoPermission: .cannotCreate
        default: .inputOutput
        }
    }
}
