import Foundation

/// Where the app listens, and whom it lets in.
public struct ServerConfiguration: Sendable {
    /// What it binds to. Anything but this machine's own address insists on accounts.
    public var host: String
    public var port: Int
    /// Whether a proxy in front of it speaks HTTPS: cookies are then for HTTPS alone, and the address of whoever asks is
    /// what the proxy says (the last entry of `X-Forwarded-For`).
    public var isBehindHTTPS: Bool
    /// Whether people need accounts on this machine too.
    public var wantsAccounts: Bool
    /// Signs in whoever started the server, where nobody needs an account; nil where everybody does.
    public let startLink: StartLink?
    public var limits: ServerLimits

    public init(
        host: String = "127.0.0.1", port: Int = 8080, isBehindHTTPS: Bool = false,
        wantsAccounts: Bool = false,
        leadName: String = "lead", limits: ServerLimits = ServerLimits()
    ) {
        self.host = host
        self.port = port
        self.isBehindHTTPS = isBehindHTTPS
        self.wantsAccounts = wantsAccounts
        self.limits = limits
        let needsAccounts = wantsAccounts || isBehindHTTPS || !Authority.isLoopback(host)
        startLink = needsAccounts ? nil : StartLink(leadName: leadName)
    }

    /// Whether only this machine can reach it.
    var isLocal: Bool { Authority.isLoopback(host) && !isBehindHTTPS }

    /// A link to a page, for whoever reads the terminal.
    ///
    /// - Parameters:
    ///   - port: where it listens, if that was left to the system.
    public func link(to path: String, port: Int? = nil) -> String {
        let name = Authority.isAnyAddress(host) ? "localhost" : host.contains(":") ? "[\(host)]" : host
        let authority = isBehindHTTPS ? name : "\(name):\(port ?? self.port)"
        return "\(isBehindHTTPS ? "https" : "http")://\(authority)\(path)"
    }
}

/// How much the server takes.
public struct ServerLimits: Sendable {
    /// Requests a second that one session may make over a while, and how many at once.
    public var sessionRate = RateLimit(perSecond: 50, burst: 300)
    /// The same for everybody at one address who is not signed in.
    public var addressRate = RateLimit(perSecond: 20, burst: 200)
    /// Attempts from one address to sign in, to join or to use a start link.
    public var entranceRate = RateLimit(perSecond: 0.2, burst: 20)
    /// Bytes of a form or of a judgment.
    public var bodySize = 1 << 20
    /// Bytes of an upload, whose texts are held in memory until all of it has been read, and of one line of it.
    public var uploadSize = 256 << 20
    public var uploadLineSize = 8 << 20
    /// Seconds after which a connection is closed on which nothing happens.
    public var idleSeconds: Int64 = 75

    public init() {}
}
