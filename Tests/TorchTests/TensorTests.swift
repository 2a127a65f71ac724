import Testing
import Torch
import TorchTestSupport

@Suite struct TensorTests {
    @Test func creationAndReading() {
        #expect(Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]).floats() == [1, 2, 3, 4])
        #expect(Tensor([0.1, 0.2] as [Double]).doubles() == [0.1, 0.2])
        #expect(Tensor([5, -6]).integers() == [5, -6])
        #expect(Tensor([true, false]).booleans() == [true, false])
        #expect(Tensor([true, false]).floats() == [1, 0])
        #expect(Tensor([] as [Float]).count == 0 && Tensor([] as [Float]).floats() == [])
        #expect(Tensor([7] as [Int], shape: []).item() == 7)
        #expect(Tensor.full([2], 2.5).floats() == [2.5, 2.5])
        #expect(Tensor.zeros([2], type: .int64).integers() == [0, 0])
        #expect(Tensor.ones([1, 2]).shape == [1, 2])
        #expect(Tensor.range(2..<5).integers() == [2, 3, 4])
        #expect(Tensor.range(0..<3, type: .float32).floats() == [0, 1, 2])
    }

    @Test func properties() {
        let x = Tensor.zeros([2, 3, 4])
        #expect(x.rank == 3 && x.count == 24 && x.shape == [2, 3, 4])
        #expect(x.size(0) == 2 && x.size(-1) == 4)
        #expect(x.device == .cpu && x.isDefined)
        for type in ScalarType.allCases {
            #expect(Tensor.ones([1], type: type).type == type)
        }
        #expect("\(Tensor([1, 2]))" == "Tensor(int64, [2]) [1.0, 2.0]")
        #expect("\(Tensor.zeros([17]))" == "Tensor(float32, [17])")
    }

    @Test func rawBytes() {
        let bytes: [UInt8] = [0x80, 0x3f, 0x00, 0x40]  // 1 and 2 in bf16, little-endian
        let x = bytes.withUnsafeBytes { Tensor(bytes: $0, type: .bfloat16, shape: [2]) }
        #expect(x.floats() == [1, 2])
        var copy = [UInt8](repeating: 0, count: 4)
        copy.withUnsafeMutableBytes { x.copy(to: $0) }
        #expect(copy == bytes)
        #expect(ScalarType.allCases.map(\.byteCount) == [1, 4, 8, 2, 4, 8, 1, 2])
        #expect(ScalarType.allCases.filter(\.isFloatingPoint) == [.float16, .float32, .float64, .bfloat16])
    }

    /// Files may put numbers at any byte.
    @Test(arguments: [0, 1])
    func rawBytesConverted(offset: Int) {
        let numbers: [UInt8] = [0, 0, 0x80, 0x3f, 0, 0, 0x40, 0xc0]  // 1 and -3 in fp32, little-endian
        let bytes = [UInt8](repeating: 0, count: offset) + numbers
        let x = bytes.withUnsafeBytes {
            Tensor(
                bytes: UnsafeRawBufferPointer(rebasing: $0[offset...]), type: .float32, shape: [2],
                keptAs: .bfloat16)
        }
        #expect(x.type == .bfloat16 && x.floats() == [1, -3])
    }

    @Test(arguments: [0, 1])
    func borrowedBytes(offset: Int) {
        final class Owner {
            let bytes: UnsafeMutableRawBufferPointer
            let onRelease: () -> Void
            init(onRelease: @escaping () -> Void) {
                bytes = .allocate(byteCount: 17, alignment: 16)
                self.onRelease = onRelease
            }
            deinit {
                bytes.deallocate()
                onRelease()
            }
        }
        var released = 0
        do {
            let tensor: Tensor
            do {
                let owner = Owner { released += 1 }
                let bytes = UnsafeMutableRawBufferPointer(rebasing: owner.bytes[offset..<offset + 16])
                bytes.copyBytes(from: [Float(1), 2, 3, 4].withUnsafeBytes { Array($0) })
                tensor = Tensor(
                    borrowing: UnsafeRawBufferPointer(bytes), of: owner, type: .float32, shape: [2, 2])
            }
            #expect(tensor.floats() == [1, 2, 3, 4])
            // What does not lie as the type needs it was copied, and nothing is left to keep.
            #expect(released == offset)
        }
        #expect(released == 1)
    }

    @Test func conversions() {
        let x = Tensor([1.00390625, 2.5, -3] as [Float])  // the first lies halfway between two bf16 numbers
        #expect(x.to(.bfloat16).floats() == [1, 2.5, -3])
        #expect(x.to(.int64).integers() == [1, 2, -3])
        #expect(x.to(.float32, on: .cpu).floats() == x.floats())
        let copy = x.copied()
        copy.fill(0)
        #expect(x.floats()[1] == 2.5, "a copy has storage of its own")
        let transposed = Tensor([1, 2, 3, 4], shape: [2, 2]).transposed(0, 1)
        #expect(transposed.integers() == [1, 3, 2, 4])
        #expect(transposed.contiguous().integers() == [1, 3, 2, 4])
    }

    @Test func changesInPlace() {
        let x = Tensor([1, 2] as [Float])
        x.add(inPlace: Tensor([10, 20] as [Float]), scale: 0.5)
        #expect(x.floats() == [6, 12])
        x.scale(inPlace: 2)
        #expect(x.floats() == [12, 24])
        x.assign(Tensor([5]))
        #expect(x.floats() == [5, 5])
        x.fill(-1)
        #expect(x.floats() == [-1, -1])
        let whole = Tensor([1, 2])
        whole.scale(inPlace: 3)
        whole.add(inPlace: Tensor([1, 1]), scale: 2)
        #expect(whole.integers() == [5, 8])
    }

    @Test func gradients() throws {
        let x = Tensor([2, 3] as [Float])
        #expect(!x.requiresGradient && x.gradient == nil)
        x.requiresGradient = true
        x.squared().sum().backward()
        expectClose(try #require(x.gradient), [4, 6])
        (x * 10).sum().backward()
        expectClose(try #require(x.gradient), [14, 16])
        x.clearGradient()
        #expect(x.gradient == nil)
        #expect(!(x * 2).detached().requiresGradient)
        (x.detached() * x).sum().backward()
        expectClose(try #require(x.gradient), [2, 3])
    }
}
