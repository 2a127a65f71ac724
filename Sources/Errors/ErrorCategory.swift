/// What went wrong, as far as somebody who does not know the error's type can act on it: a script by the exit status, a
/// browser by the status of an answer.
public enum ErrorCategory: Sendable {
    /// What was asked for makes no sense.
    case usage
    /// What was asked for names nothing that is there.
    case unknownName
    /// The name that was asked for belongs to something else.
    case nameTaken
    /// Data from outside are not what they must be.
    case badData
    /// A file that Heed wrote is not what it must be.
    case damaged
    /// There is nothing at a path that is to be read.
    case missingInput
    /// Who asks may not have it.
    case forbidden
    /// What was asked for no longer fits what has happened since.
    case conflict
    /// A result cannot be put where it was asked for.
    case cannotCreate
    /// The operating system could not read or write.
    case inputOutput
    /// The same will do later.
    case tryAgain
    /// Nothing failed; something was examined and does not hold.
    case unhealthy
    /// The user asked to stop.
    case interrupted
    /// None of the above: a mistake of Heed's own.
    case ownFault
}

/// An error that says what kind it is.
public protocol CategorizedError: Error {
    var category: ErrorCategory { get }
}
