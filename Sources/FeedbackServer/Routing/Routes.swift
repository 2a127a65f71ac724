import Feedback
import Hummingbird

/// Who may ask for something.
enum Access: Hashable, Sendable {
    case anyone
    /// Who is signed in.
    case person
    case lead
}

/// A route, and who may take it. There is no other way to add one, so that none can be left unguarded.
struct Route: Hashable, Sendable {
    let method: HTTPRequest.Method
    /// With `:name` for each part that varies.
    let path: String
    let access: Access
}

/// All that the server answers to.
final class Routes {
    let router: Router<LabellingContext>
    private(set) var all: [Route] = []
    private let limits: ServerLimits

    init(_ router: Router<LabellingContext>, limits: ServerLimits) {
        self.router = router
        self.limits = limits
    }

    /// A route for anyone.
    func open(
        _ method: HTTPRequest.Method, _ path: String,
        _ handle: @escaping @Sendable (OpenCall) async throws -> Response
    ) {
        add(Route(method: method, path: path, access: .anyone)) { [limits] request, context in
            try await handle(OpenCall(request: request, context: context, limits: limits))
        }
    }

    /// A route for whoever is signed in.
    func person(
        _ method: HTTPRequest.Method, _ path: String,
        _ handle: @escaping @Sendable (Call) async throws -> Response
    ) {
        add(Route(method: method, path: path, access: .person)) { [limits] request, context in
            guard let visitor = context.visitor else { throw RequestProblem.notSignedIn }
            return try await handle(
                Call(visitor: visitor, base: OpenCall(request: request, context: context, limits: limits)))
        }
    }

    /// A route for leads.
    func lead(
        _ method: HTTPRequest.Method, _ path: String,
        _ handle: @escaping @Sendable (Call) async throws -> Response
    ) {
        add(Route(method: method, path: path, access: .lead)) { [limits] request, context in
            guard let visitor = context.visitor else { throw RequestProblem.notSignedIn }
            guard visitor.isLead else { throw RequestProblem.notALead }
            return try await handle(
                Call(visitor: visitor, base: OpenCall(request: request, context: context, limits: limits)))
        }
    }

    private func add(
        _ route: Route, _ respond: @escaping @Sendable (Request, LabellingContext) async throws -> Response
    ) {
        all.append(route)
        router.on(RouterPath(route.path), method: route.method) { request, context in
            try await respond(request, context)
        }
    }
}
