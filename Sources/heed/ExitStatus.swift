import Errors
import Runs

/// How a process ends, after sysexits.h: what a script may branch on.
enum ExitStatus: Int32 {
    /// `doctor` or `lint-reward` found something broken.
    case unhealthy = 1
    case usage = 64
    case badData = 65
    case missingInput = 66
    case ownFault = 70
    case cannotCreate = 73
    case inputOutput = 74
    case tryAgain = 75
    /// The terminal was closed; a checkpoint was written.
    case hungUp = 129
    case interrupted = 130

    /// The status for an error, or nil for one that ArgumentParser prints and numbers.
    init?(of error: any Error) {
        if let error = error as? any CategorizedError {
            self.init(error.category)
        } else {
            // ArgumentParser's own errors have no public type; any other error it would number as a plain failure.
            guard HeedCommand.exitCode(for: error) == .failure else { return nil }
            self = .ownFault
        }
    }

    private init(_ category: ErrorCategory) {
        self =
            switch category {
            case .usage, .unknownName, .nameTaken: .usage
            case .badData, .damaged: .badData
            case .missingInput: .missingInput
            case .forbidden, .conflict, .cannotCreate: .cannotCreate
            case .inputOutput: .inputOutput
            case .tryAgain: .tryAgain
            case .unhealthy: .unhealthy
            case .interrupted: ExitStatus(rawValue: Interruption.exitStatus) ?? .interrupted
            case .ownFault: .ownFault
            }
    }
}
