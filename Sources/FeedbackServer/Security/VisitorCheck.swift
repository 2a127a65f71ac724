import Feedback
import Hummingbird

/// Finds out who asks, and whether they ask too often.
struct VisitorCheck: RouterMiddleware {
    typealias Context = LabellingContext

    let store: FeedbackStore
    let cookie: SessionCookie
    let sessions: RateLimiter
    let addresses: RateLimiter
    let isBehindHTTPS: Bool

    func handle(
        _ request: Request, context: LabellingContext,
        next: (Request, LabellingContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if isBehindHTTPS, let forwarded = request.headers[.forwardedFor] {
            // What the proxy itself saw comes last; what comes before it could be written by anybody.
            context.address =
                forwarded.split(separator: ",").last.map { $0.filter { !$0.isWhitespace } } ?? ""
        }
        context.visitor = try await visitor(of: request)
        if let visitor = context.visitor {
            try sessions.admit(visitor.token)
        } else {
            try addresses.admit(context.address)
        }
        return try await next(request, context)
    }

    private func visitor(of request: Request) async throws -> Visitor? {
        guard let token = cookie.token(of: request), !token.isEmpty else { return nil }
        guard let session = try await store.read({ try $0.session(token) }) else { return nil }
        if session.isDueForRenewal {
            try await store.write(by: session.annotator.id) { try $0.renew(session: token) }
        }
        return Visitor(annotator: session.annotator, token: token)
    }
}
