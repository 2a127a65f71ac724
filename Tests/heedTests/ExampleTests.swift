import Foundation
import TestSupport
import Testing

/// The scripts of `examples/`, as far as they go without a network.
@Suite struct ExampleTests {
    @Test func humanRatingsIsARecipe() throws {
        let repository = Fixtures.root.deletingLastPathComponent().deletingLastPathComponent()
        let call = try Invocation(
            program: repository.appending(path: "examples/human-ratings.sh"), ["--print-config"],
            environment: ["HEED": Invocation.program.path])
        #expect(call.status == 0, "\(call.errors)")
        #expect(call.output.contains("corpus: chitchat-ratings"))
    }
}
