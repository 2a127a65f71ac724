import Testing
import Torch
import TorchTestSupport

@Suite struct ErrorTests {
    private struct OwnError: Error {}

    /// Fails inside libtorch: the shapes do not match.
    private func mismatched(_ a: Int, _ b: Int) -> Tensor { Tensor.ones([a]) + Tensor.ones([b]) }

    private func message(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return (error as? TorchError)?.description ?? "\(error)"
        }
    }

    @Test func throwsTheFirstFailure() throws {
        let text = message {
            try catchingErrors {
                let broken = mismatched(2, 3)
                #expect(!broken.isDefined)
                #expect(broken.shape == [] && broken.floats() == [] && broken.item().isNaN)
                #expect(broken.type == .float32 && broken.device == .cpu)
                #expect("\(broken)" == "Tensor(undefined)")
                _ = (broken * 2).matrixProduct(Tensor.ones([5, 5]))
            }
        }
        let found = try #require(text)
        #expect(found.contains("2") && found.contains("3") && !found.contains("undefined"))
    }

    @Test func laterCodeIsUnaffected() throws {
        #expect(throws: TorchError.self) { try catchingErrors { mismatched(2, 3) } }
        let sum = try catchingErrors { Tensor([1, 2]).sum().item() }
        #expect(sum == 3)
        let after = Tensor([1, 2] as [Float])
        after.requiresGradient = true
        (after * 3).sum().backward()
        expectClose(try #require(after.gradient), [3, 3])
    }

    @Test func scopesNest() throws {
        let total = try catchingErrors {
            #expect(throws: TorchError.self) { try catchingErrors { mismatched(2, 3) } }
            return Tensor([1, 2]).sum().item()
        }
        #expect(total == 3, "a failure that was dealt with inside stays inside")
        let text = message {
            try catchingErrors {
                _ = mismatched(4, 5)
                _ = try? catchingErrors { mismatched(6, 7) }
            }
        }
        #expect(text?.contains("4") == true && text?.contains("6") == false)
    }

    @Test func bodyErrorsPassAndTensorErrorsComeFirst() {
        #expect(throws: OwnError.self) { try catchingErrors { throw OwnError() } }
        #expect(throws: TorchError.self) {
            try catchingErrors {
                _ = mismatched(2, 3)
                throw OwnError()
            }
        }
    }

    @Test func gradientModeIsRestored() throws {
        #expect(throws: TorchError.self) {
            try catchingErrors {
                try withoutGradients { if !mismatched(2, 3).isDefined { throw OwnError() } }
            }
        }
        let x = Tensor([2] as [Float]).leaf()
        #expect((x * x).requiresGradient)
        withoutGradients { #expect(!(x * x).requiresGradient) }
        withoutGradients {
            withoutGradients {}; #expect(!(x * x).requiresGradient)
        }
        #expect((x * x).requiresGradient)
    }

    @Test func generatorsAndInPlaceOperationsFailSoftly() {
        #expect(throws: TorchError.self) {
            try catchingErrors { _ = Generator(seed: 1, on: .cuda(3)).uniform([2]) }
        }
        #expect(throws: TorchError.self) { try catchingErrors { Tensor.ones([2]).assign(Tensor.ones([3])) } }
        #expect(throws: TorchError.self) { try catchingErrors { _ = Tensor.ones([2]).size(4) } }
    }

    @Test func wrongShapesTrapOutside() async {
        await #expect(processExitsWith: .failure) { _ = Tensor.ones([2]) + Tensor.ones([3]) }
    }
}
