import Hummingbird

/// Why a request is refused before it reaches the store.
enum RequestProblem: Error, Hashable, Sendable {
    case notFound
    case notSignedIn
    case notALead
    case foreignHost
    case foreignOrigin
    /// A form that was made for another session, or for none.
    case staleForm
    case notJSON
    case malformed(String)
    case tooLarge(limit: Int)
    case tooMany(seconds: Int)
    case conflict(String)

    var status: HTTPResponse.Status {
        switch self {
        case .notFound: .notFound
        case .notSignedIn: .unauthorized
        case .notALead, .foreignOrigin, .staleForm: .forbidden
        case .foreignHost: .misdirectedRequest
        case .notJSON: .unsupportedMediaType
        case .malformed: .unprocessableContent
        case .tooLarge: .contentTooLarge
        case .tooMany: .tooManyRequests
        case .conflict: .conflict
        }
    }

    var message: String {
        switch self {
        case .notFound: "There is nothing at this address."
        case .notSignedIn: "Sign in first."
        case .notALead: "Only a lead may do this."
        case .foreignHost:
            "This server does not answer under that name. Use the address it printed when it started."
        case .foreignOrigin: "This request did not come from one of this server's own pages."
        case .staleForm: "This form is out of date. Go back, load the page again and repeat what you did."
        case .notJSON: "The content type must be application/json."
        case .malformed(let problem): problem
        case .tooLarge(let limit): "This is more than the server takes at once (\(Self.size(limit)))."
        case .tooMany(let seconds): "Too many requests. Try again in \(seconds) seconds."
        case .conflict(let problem): problem
        }
    }

    private static func size(_ bytes: Int) -> String {
        bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
    }
}
