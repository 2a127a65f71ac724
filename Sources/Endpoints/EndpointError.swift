import Errors

/// What went wrong with a server.
public enum EndpointError: CategorizedError, CustomStringConvertible {
    case address(String, found: String)
    /// It was not reached, or did not answer whole, in time, or at all; after so many attempts.
    case unreachable(String, found: String, attempts: Int)
    /// It refused, or answered with something else than the protocol has.
    case answer(String, expected: String, found: String)

    public var category: ErrorCategory {
        switch self {
        case .address: .usage
        case .unreachable: .inputOutput
        case .answer: .badData
        }
    }

    public var description: String {
        switch self {
        case .address(let argument, let found):
            "\(argument): expected http://HOST:PORT/PATH, as in http://localhost:8000/v1#MODEL, found \(found)"
        case .unreachable(let url, let found, let attempts):
            "\(url): expected an answer, found \(found)"
                + (attempts > 1 ? ", \(attempts) times" : "") + "; see whether the server runs, and try again"
        case .answer(let url, let expected, let found):
            "\(url): expected \(expected), found \(found)"
        }
    }
}
