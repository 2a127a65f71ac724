import Hummingbird

/// Refuses requests that another site made a browser send.
struct OriginCheck: RouterMiddleware {
    typealias Context = LabellingContext

    let configuration: ServerConfiguration

    func handle(
        _ request: Request, context: LabellingContext,
        next: (Request, LabellingContext) async throws -> Response
    ) async throws -> Response {
        let authority = try checkedAuthority(of: request)
        if ![.get, .head].contains(request.method) { try checkOrigin(of: request, against: authority) }
        return try await next(request, context)
    }

    /// On this machine the server is reached by this machine's names alone: a foreign name that was made to lead here (DNS
    /// rebinding) would let a web page in.
    private func checkedAuthority(of request: Request) throws -> Authority {
        // A second name in another line, or in place of a path, would be for a proxy to choose from.
        guard let authority = request.head.authority.flatMap(Authority.init),
            request.headers[.secondHost] == nil,
            request.head.path?.hasPrefix("/") == true
        else { throw RequestProblem.foreignHost }
        guard !configuration.isLocal || authority.isLoopback else { throw RequestProblem.foreignHost }
        return authority
    }

    /// Every change must say that it comes from one of our own pages, as browsers do by themselves.
    private func checkOrigin(of request: Request, against authority: Authority) throws {
        let site = request.headers[.secFetchSite]
        guard site == nil || site == "same-origin" else { throw RequestProblem.foreignOrigin }
        guard let origin = request.headers[.origin] else {
            guard site != nil else { throw RequestProblem.foreignOrigin }
            return
        }
        let scheme = configuration.isBehindHTTPS ? "https://" : "http://"
        guard origin.hasPrefix(scheme), Authority(String(origin.dropFirst(scheme.count))) == authority else {
            throw RequestProblem.foreignOrigin
        }
    }
}
