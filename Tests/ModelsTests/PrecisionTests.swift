import LanguageModels
import Testing
import Torch

@testable import Models

/// What `--precision auto` means.
@Suite struct PrecisionTests {
    private func resolved(_ precision: RunConfiguration.Precision, for purpose: RunConfiguration.Purpose)
        -> RunConfiguration.Precision
    {
        var run = RunConfiguration()
        (run.device, run.precision) = ("cpu", precision)
        run.resolve(for: purpose)
        return run.precision
    }

    /// Answers alone come from rounded weights on every processor; what is trained is computed in what it multiplies.
    @Test func automaticFollowsTheProcessorAndThePurpose() {
        #expect(resolved(.automatic, for: .answers) == .bfloat16)
        #expect(
            resolved(.automatic, for: .training) == (Torch.hasNativeBFloat16 ? .bfloat16 : .float32))
        for purpose in [RunConfiguration.Purpose.answers, .training] {
            #expect(resolved(.float32, for: purpose) == .float32)
            #expect(resolved(.bfloat16, for: purpose) == .bfloat16)
        }
    }

    /// Only training in bf16 is slow where the processor does not multiply it.
    @Test func slownessIsTold() throws {
        var run = RunConfiguration()
        (run.device, run.precision) = ("cpu", .bfloat16)
        let computation = try Computation(run)
        #expect((computation.slowness(for: .training) == nil) == Torch.hasNativeBFloat16)
        #expect(computation.slowness(for: .answers) == nil)
    }
}
