import CTorch
import Foundation
import TestSupport
import Testing
import Torch

/// `HEED_CPU`, and what follows it.
@Suite struct ProcessorTests {
    private static let wanted = ProcessInfo.processInfo.environment["HEED_CPU"]

    #if arch(x86_64)
    private static let names = "generic, avx2, avx512 or avx512bf16"
    #else
    private static let names = "generic"
    #endif

    @Test func theProcessRunsWhatWasAskedFor() {
        let libtorch = ["generic": "DEFAULT", "avx2": "AVX2", "avx512": "AVX512", "avx512bf16": "AVX512"]
        #expect(libtorch.keys.contains(Torch.instructions))
        #expect(Torch.hasNativeBFloat16 == (Torch.instructions == "avx512bf16"))
        guard let wanted = Self.wanted else { return }
        #expect(Torch.instructions == wanted)
        #expect(String(cString: ctorch_libtorch_instructions()) == libtorch[wanted])
    }

    /// Every processor runs the kernels of those before it.
    @Test(.enabled(if: wanted == nil)) func lessMayBeAskedFor() throws {
        let program = try TestProgram(
            filter: "ProcessorTests.theProcessRunsWhatWasAskedFor", environment: ["HEED_CPU": "generic"])
        #expect(program.status == 0, "\(program.output)")
    }

    @Test(arguments: ["", "AVX2", "avx-512", "sse"]) func otherValuesEndTheProcess(value: String) throws {
        let program = try TestProgram(filter: "nothing", environment: ["HEED_CPU": value])
        #expect(program.status == 64)
        #expect(
            program.output.hasPrefix(
                "Error: HEED_CPU is '\(value)', expected \(Self.names), at most this "))
        #expect(program.output.hasSuffix("; unset it to use that\n"))
    }
}
