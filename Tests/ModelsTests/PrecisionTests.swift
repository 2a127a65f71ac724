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
        for purpose in [RunConfiguration.Purpose.answers, .conversation] {
            #expect(resolved(.automatic, for: purpose) == .bfloat16)
        }
        for purpose in [RunConfiguration.Purpose.training, .judging] {
            #expect(resolved(.automatic, for: purpose) == (Torch.hasNativeBFloat16 ? .bfloat16 : .float32))
        }
        for purpose in RunConfiguration.Purpose.allCases {
            #expect(resolved(.int8, for: purpose) == .int8)
            #expect(resolved(.float32, for: purpose) == .float32)
            #expect(resolved(.bfloat16, for: purpose) == .bfloat16)
        }
    }

    /// Weights in 8 bits are for what nothing learns from.
    @Test func bytesAreForReadingAndJudging() throws {
        var run = RunConfiguration()
        run.precision = .int8
        for purpose in RunConfiguration.Purpose.allCases {
            let isFit = purpose == .conversation || purpose == .judging
            #expect(((try? run.check(for: purpose)) != nil) == isFit)
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
