import Alignment
import ArgumentParser
import Foundation
import Recipes
import Torch

/// How a process ends, after sysexits.h: what a script may branch on.
enum ExitStatus: Int32 {
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
        case is ExitCode, is CleanExit, is ValidationError: return nil
        case is UnknownVerb: self = .usage
        case let error as ConfigurationError: self = Self.status(of: error)
        case let error as CocoaError: self = Self.status(of: error)
        case let error as POSIXError: self = Self.status(of: error.code)
        case is TorchError: self = .ownFault
        case is DecodingError: self = .badData
        default:
            guard !Self.isArgumentParsers(error) else { return nil }
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

    private static func status(of error: CocoaError) -> ExitStatus {
        switch error.code {
        case .fileNoSuchFile, .fileReadNoSuchFile: .missingInput
        case .fileWriteFileExists: .cannotCreate
        case .fileWriteNoPermission: .cannotCreate
        default: .inputOutput
        }
    }

    private static func status(of code: POSIXErrorCode) -> ExitStatus {
        switch code {
        case .ENOENT: .missingInput
        case .EEXIST, .EACCES, .EROFS: .cannotCreate
        case .EAGAIN: .tryAgain
        default: .inputOutput
        }
    }

    /// Parsing errors have no public type; they are the ones with a usage status.
    private static func isArgumentParsers(_ error: any Error) -> Bool {
        Heed.exitCode(for: error) != .failure
    }
}
