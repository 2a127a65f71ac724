import RandomNumbers
import Testing

@Suite struct StableHashTests {
    /// The published test vectors of FNV-1a.
    @Test func stateIsThatOfTheReference() {
        #expect(StableHash().state == 0xCBF2_9CE4_8422_2325)
        #expect(StableHash("".utf8) == StableHash())
        #expect(StableHash("a".utf8).state == 0xAF63_DC4C_8601_EC8C)
        #expect(StableHash("foobar".utf8).state == 0x8594_4171_F739_67E8)
    }

    /// Judgments and held-out texts of former runs depend on these numbers, which a program in Python gave.
    @Test func numbersStayAsTheyAre() {
        var hash = StableHash()
        #expect(hash.value == 0xC381_7C01_6BA4_FF30)
        hash.combine(42)
        for text in ["length", "Wie geht es dir?", "Gut.", "Schön."] { hash.combine(text) }
        #expect(hash.state == 0x143D_2412_C2F6_7C38)
        #expect(hash.value == 0xE6CC_6D93_4E93_F957)
        #expect(hash.fraction == 0.901_556_824_172_601_4)
    }

    @Test func whereATextEndsCounts() {
        var (one, other) = (StableHash(), StableHash())
        for text in ["ab", "c"] { one.combine(text) }
        for text in ["a", "bc"] { other.combine(text) }
        #expect(one != other)
    }

    @Test func unitFractionsAreBelowOne() {
        #expect(UInt64.min.unitFraction == 0)
        #expect(UInt64.max.unitFraction == 1 - 0x1p-53)
        #expect((UInt64(1) << 63).unitFraction == 0.5)
    }
}
