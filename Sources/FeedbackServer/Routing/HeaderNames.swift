import Hummingbird

extension HTTPFields.Element.Name {
    /// Where a browser says that a request comes from: `same-origin`, `cross-site`, ….
    static let secFetchSite = named("Sec-Fetch-Site")
    /// The server has taken the first one away: what is left is a second.
    static let secondHost = named("Host")
    static let forwardedFor = named("X-Forwarded-For")
    static let frameOptions = named("X-Frame-Options")
    static let referrerPolicy = named("Referrer-Policy")
    static let openerPolicy = named("Cross-Origin-Opener-Policy")
    static let resourcePolicy = named("Cross-Origin-Resource-Policy")
    static let permissionsPolicy = named("Permissions-Policy")

    private static func named(_ name: String) -> Self {
        guard let name = Self(name) else { preconditionFailure("\(name) is no name of a header") }
        return name
    }
}
