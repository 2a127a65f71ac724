import Feedback
import Foundation
import Hashing
import Hummingbird

/// The cookie that holds a session's token: never seen by scripts, never sent along with what another site asks for.
struct SessionCookie: Sendable {
    let isSecure: Bool

    /// With HTTPS the name itself makes browsers insist on a cookie of this very host, for HTTPS alone.
    private var name: String { isSecure ? "__Host-heed_session" : "heed_session" }

    func token(of request: Request) -> String? { request.cookies[name]?.value }

    func set(_ token: String, on response: inout Response) {
        response.setCookie(cookie(token, lifetime: Int(Session.lifetime)))
    }

    func clear(on response: inout Response) {
        response.setCookie(cookie("", lifetime: 0))
    }

    private func cookie(_ value: String, lifetime: Int) -> Cookie {
        Cookie(
            name: name, value: value, maxAge: lifetime, path: "/", secure: isSecure, httpOnly: true,
            sameSite: .strict)
    }
}

/// Who is signed in, and by what.
struct Visitor: Sendable {
    let annotator: Annotator
    let token: String

    var isLead: Bool { annotator.role == .lead }

    /// What a form carries to show that this server made it for this session: it follows from the session's token, which no
    /// other site can see, and does not give it away.
    var formToken: String { formCode.base64EncodedString() }

    func isFormToken(_ text: String) -> Bool {
        Data(base64Encoded: text)?.isEqualInConstantTime(to: formCode) ?? false
    }

    private var formCode: Data { SHA256.authenticationCode(of: "form", key: token) }
}
