import Datasets
import Errors
import Feedback
import Foundation
import Hummingbird

/// Turns errors into answers: a page for people, JSON for scripts. What went wrong inside is written to the log and never
/// sent.
struct ErrorAnswers: RouterMiddleware {
    typealias Context = LabellingContext

    let pages: Pages

    func handle(
        _ request: Request, context: LabellingContext,
        next: (Request, LabellingContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return answer(to: error, request, context)
        }
    }

    private func answer(to error: any Error, _ request: Request, _ context: LabellingContext) -> Response {
        let problem = Problem(error)
        if problem.status.code >= 500 {
            context.logger.error("\(request.method) \(request.uri.path): \(error)")
        }
        let isForScripts = request.uri.path.hasPrefix("/api/")
        if problem.status == .unauthorized, !isForScripts, request.method == .get {
            return ServerResponse.redirect(to: "/sign-in?next=\(Self.escaped(request.uri.string))")
        }
        var response =
            isForScripts
            ? (try? ServerResponse.json(problem.body, status: problem.status))
                ?? Response(status: problem.status)
            : pages.errorPage(problem)
        if case RequestProblem.tooMany(let seconds) = error {
            response.headers[.retryAfter] = "\(seconds)"
        }
        return response
    }

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}

/// What the sender of a request may know about an error.
struct Problem: Sendable {
    struct Body: Encodable {
        struct Content: Encodable {
            let message: String
        }
        let error: Content
    }

    let status: HTTPResponse.Status
    let message: String

    var body: Body { Body(error: .init(message: message)) }

    private init(_ status: HTTPResponse.Status, _ message: String) {
        self.status = status
        self.message = message
    }

    init(_ error: any Error) {
        switch error {
        case let problem as RequestProblem: self.init(problem.status, problem.message)
        case let refusal as FeedbackError: self.init(refusal)
        // The row that is wrong is the sender's own.
        case let error as DataError: self.init(.unprocessableContent, Self.sentence(error))
        case let error as HTTPError where error.status == .notFound:
            self.init(.notFound, RequestProblem.notFound.message)
        case let error as HTTPError where error.status.code < 500:
            self.init(error.status, "The server could not read this request.")
        default: self.init(.internalServerError, "Something went wrong here. It has been noted; try again.")
        }
    }

    private init(_ refusal: FeedbackError) {
        let status = Self.status(refusal.category)
        // Errors of the file name its path, which is nobody's business.
        self.init(
            status,
            status == .internalServerError
                ? "The store cannot be used at the moment. Ask whoever runs this server."
                : Self.sentence(refusal))
    }

    private static func status(_ category: ErrorCategory) -> HTTPResponse.Status {
        switch category {
        case .unknownName: .notFound
        case .usage, .badData: .unprocessableContent
        case .forbidden: .forbidden
        case .nameTaken, .conflict: .conflict
        case .damaged, .missingInput, .cannotCreate, .inputOutput, .tryAgain, .unhealthy, .interrupted,
            .ownFault:
            .internalServerError
        }
    }

    /// The sender knows the file, and no other than this one.
    private static func sentence(_ error: DataError) -> String {
        let text = "expected \(error.expected), found \(error.found); \(error.remedy)."
        return error.line.map { "Line \($0): \(text)" } ?? text
    }

    private static func sentence(_ error: FeedbackError) -> String {
        let text = error.description
        return text.prefix(1).uppercased() + text.dropFirst() + "."
    }
}
