import Testing
import Torch
import TorchTestSupport

@Suite(.serialized) struct RuntimeTests {
    @Test func theLibraryFoundIsTheOneBuiltAgainst() throws {
        #expect(Torch.builtVersion == Torch.runningVersion)
        #expect(Torch.builtVersion.hasPrefix("2."))
        try Torch.start()
    }

    @Test func threads() throws {
        let before = Torch.threadCount
        #expect(before >= 1)
        try Torch.start(threads: 1)
        #expect(Torch.threadCount == 1)
        let x = Tensor.normal(64, 64, seed: 1)
        let alone = x.matrixProduct(x)
        try Torch.start(threads: 2)
        #expect(Torch.threadCount == 2)
        expectClose(x.matrixProduct(x), alone, within: 1e-5)
        #expect(throws: TorchError.self) { try Torch.start(threads: 0) }
        try Torch.start(threads: before)
    }

    @Test func devices() throws {
        #expect(try Device(named: "cpu") == .cpu)
        #expect(Device.cpu.description == "cpu" && Device.cpu.isCPU)
        #expect(Device.cuda(1).description == "cuda:1" && !Device.cuda(1).isCPU)
        let automatic = try Device(named: "auto")
        #expect(automatic == .cpu || automatic == .cuda(0))
        for name in ["gpu", "", "cpu:0", "cuda:", "cuda:x", "cuda:-1", "cuda:0:1", "auto:1"] {
            #expect(throws: DeviceError.unknown(name)) { try Device(named: name) }
        }
        #expect(
            DeviceError.unknown("tpu").description
                == "device 'tpu': expected cpu, cuda, cuda:N, mps or auto; give one of them as --device")
    }

    @Test func macsAloneHaveTheirGPU() throws {
        #expect(Device.mps.description == "mps" && !Device.mps.isCPU)
        #if os(Linux)
        let refused = #expect(throws: DeviceError.self) { try Device(named: "mps") }
        #expect(refused?.description.contains("it needs macOS") == true)
        #expect(throws: DeviceError.unknown("mps:0")) { try Device(named: "mps:0") }
        #endif
    }

    @Test func missingCUDASaysSoEveryTime() throws {
        guard try Device(named: "auto") == .cpu else { return }
        for _ in 0..<2 {
            let error = #expect(throws: DeviceError.self) { try Device(named: "cuda") }
            #expect(error?.description.contains("CUDA") == true)
        }
    }
}

@Suite struct GeneratorTests {
    @Test func seedsRepeat() {
        #expect(Generator(seed: 7).uniform([5]).floats() == Generator(seed: 7).uniform([5]).floats())
        #expect(Generator(seed: 7).uniform([5]).floats() != Generator(seed: 8).uniform([5]).floats())
    }

    @Test func statesComeBack() {
        let generator = Generator(seed: 1)
        _ = generator.normal([3])  // leaves half of a pair in the generator's cache
        let state = generator.state
        let first = (
            generator.normal([3]).floats(), generator.uniform([4]).floats(), generator.permutation(9)
        )
        generator.state = state
        #expect(generator.normal([3]).floats() == first.0)
        #expect(generator.uniform([4]).floats() == first.1)
        #expect(generator.permutation(9) == first.2)
        let other = Generator(seed: 99)
        other.state = state
        #expect(other.normal([3]).floats() == first.0)
    }

    @Test func distributions() {
        let generator = Generator(seed: 3)
        let uniform = generator.uniform([20_000])
        #expect(uniform.min().item() >= 0 && uniform.max().item() < 1)
        #expect(abs(uniform.mean().item() - 0.5) < 0.02)
        let normal = generator.normal([20_000])
        #expect(abs(normal.mean().item()) < 0.03 && abs(normal.squared().mean().item() - 1) < 0.05)
        #expect(generator.permutation(50).sorted() == Array(0..<50))
        #expect(generator.permutation(50) != Array(0..<50))
        #expect(generator.permutation(0) == [])
    }
}
