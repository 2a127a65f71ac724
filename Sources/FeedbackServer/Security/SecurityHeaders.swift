import Hummingbird

/// Headers that every response carries.
struct SecurityHeaders: RouterMiddleware {
    typealias Context = LabellingContext

    let isBehindHTTPS: Bool

    /// Nothing is loaded from elsewhere, no script and no style is inline, and nobody may put a page into a frame. Text that
    /// became markup despite all care could still do nothing.
    private static let policy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
        form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; \
        trusted-types 'none'
        """

    func handle(
        _ request: Request, context: LabellingContext,
        next: (Request, LabellingContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.contentSecurityPolicy] = Self.policy
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.frameOptions] = "DENY"
        // Not "no-referrer": browsers would then hide the origin of our own forms too.
        response.headers[.referrerPolicy] = "same-origin"
        response.headers[.openerPolicy] = "same-origin"
        response.headers[.resourcePolicy] = "same-origin"
        response.headers[.permissionsPolicy] = "camera=(), microphone=(), geolocation=()"
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        if isBehindHTTPS { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        return response
    }
}
