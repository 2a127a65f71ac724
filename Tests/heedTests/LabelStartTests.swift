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

    @Test func onThisMachineWhoeverReadsTheTerminal() async throws {
        #expect(try await link().path.hasPrefix("/start/"))
    }

    @Test func elsewhereTheFirstLeadByInvitation() async throws {
        #expect(try await link("--accounts").path.hasPrefix("/join/"))
        #expect(try await link("--behind-https").path.hasPrefix("/join/"))
    }
}
