import Foundation
import TestSupport
import Testing

/// Who is let in when the app starts.
@Suite struct LabelStartTests {
    private func link(_ more: String...) async throws -> URL {
        let folder = try ScratchFolder()
        let store = URL(fileURLWithPath: folder.path("feedback.sqlite"))
        let server = try LabelServer(store: store, more)
        defer { server.stop() }
        return try await server.link()
    }

    @Test func aPortThatIsTakenIsSaid() async throws {
        let folder = try ScratchFolder()
        let server = try LabelServer(store: URL(fileURLWithPath: folder.path("feedback.sqlite")))
        defer { server.stop() }
        _ = try await server.link()
        let port = server.address.port ?? 0
        let second = try Invocation(
            "label", "--store", folder.path("other.sqlite"), "--port", "\(port)")
        #expect(second.status == 75)
        #expect(second.errors.contains("port \(port) is taken; --port 0 takes a free one"))
        #expect(
            try Invocation("label", "--store", folder.path("other.sqlite"), "--port", "70000").status == 64)
    }

    @Test func onThisMachineWhoeverReadsTheTerminal() async throws {
        #expect(try await link().path.hasPrefix("/start/"))
    }

    @Test func elsewhereTheFirstLeadByInvitation() async throws {
        #expect(try await link("--accounts").path.hasPrefix("/join/"))
        #expect(try await link("--behind-https").path.hasPrefix("/join/"))
    }
}
