import RandomNumbers

/// Random numbers that depend only on what they are for: the seed, the request and the position in its answer.
///
/// An answer is therefore the same whatever else is in the batch, in whichever order, and after a resume. SplitMix64 mixes
/// the counters.
struct CounterRandom {
    let seed: UInt64

    /// Uniform on [0, 1), a multiple of 2⁻²⁴.
    func uniform(request: UInt64, position: Int) -> Float {
        let bits = mix(mix(mix(seed) ^ request) ^ UInt64(position))
        return Float(bits >> 40) * 0x1p-24
    }

    private func mix(_ value: UInt64) -> UInt64 {
        var generator = SplitMix64(seed: value)
        return generator.next()
    }
}
