import JSON
import Testing

@Suite struct HexadecimalTests {
    @Test func numbersAreFilledUpWithZeros() {
        #expect(UInt32(0x1F).hexadecimal(digits: 4) == "001f")
        #expect(UInt32.max.hexadecimal(digits: 2) == "ffffffff")
        #expect(UInt8(0).hexadecimal(digits: 2) == "00")
    }

    @Test func bytesHaveTwoDigitsEach() {
        #expect([0, 10, 16, 255].hexadecimal == "000a10ff")
        #expect([UInt8]().hexadecimal.isEmpty)
    }
}
