import Runs
import Testing

@Suite struct SeedTests {
    /// By `python3 -c 'import hashlib; print(int.from_bytes(hashlib.sha256((42).to_bytes(8, "little") +
    /// b"shuffle").digest()[:8], "little"))'`
    @Test func derivedSeedsKnownAnswers() {
        let seeds = SeedSequence(42)
        #expect(seeds.value == 42)
        #expect(seeds.derived("shuffle").value == 468_471_837_776_830_203)
        #expect(SeedSequence(-1).derived("").value == 6_759_447_113_877_070_610)
        #expect(seeds.derived("rollout").derived("1") != seeds.derived("rollout").derived("2"))
        #expect(seeds.derived("a").derived("b") != seeds.derived("b").derived("a"))
    }
}
