import TestSupport
import Testing
import Torch

/// Whoever tests on a processor with all instructions would never run the decoder of those with fewer.
@Suite struct LesserProcessorTests {
    private static let lesser = ["generic", "avx2", "avx512", "avx512bf16"]
        .prefix { $0 != Torch.instructions }

    @Test(arguments: lesser) func theEnginesHoldThere(instructions: String) throws {
        let program = try TestProgram(
            filter: "DecodingEngineTests", environment: ["HEED_CPU": instructions])
        #expect(program.status == 0, "\(program.output)")
    }
}
