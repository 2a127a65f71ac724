import Foundation
import TestSupport
import Testing
import Torch

/// Whoever tests on a processor with all instructions would never run the kernels of those with fewer.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["HEED_CPU"] == nil)) struct LesserProcessorTests {
    /// From the lowest on; the last of all kinds is never less than what this processor has.
    private static let lesser = ["generic", "avx2", "avx512"].prefix { $0 != Torch.instructions }

    @Test(arguments: lesser) func kernelsAndModelsHoldThere(instructions: String) throws {
        try expectPassing("^(TorchTests|TorchNNTests|LanguageModelsTests)\\.", instructions)
    }

    @Test(arguments: lesser.prefix(1)) func goldenTrajectoriesAreFollowedThere(instructions: String) throws {
        try expectPassing(
            "\\.(GoldenTrajectoryTests|GroupTrajectoryTests|PreferenceTrajectoryTests)/", instructions)
    }

    private func expectPassing(_ filter: String, _ instructions: String) throws {
        let program = try TestProgram(filter: filter, environment: ["HEED_CPU": instructions])
        let told = program.output.split(separator: "\n").filter { $0.contains("✘") || $0.contains("rror: ") }
        #expect(program.status == 0, "\(told.joined(separator: "\n"))")
    }
}
