/// Random numbers that depend only on what they are for: the seed, the request and the position in its answer.
///
/// An answer is therefore the same whatever else is in the batch, in whichever order, and after a resume. SplitMix64's
/// finaliser (Steele et al., 2014) mixes the counters.
struct CounterRandom {
    let seed: UInt64

    /// Uniform on [0, 1), a multiple of 2⁻²⁴.
    func uniform(request: UInt64, position: Int) -> Float {
        let bits = mix(mix(mix(seed) ^ request) ^ UInt64(position))
        return Float(bits >> 40) * 0x1p-24
    }

    private func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
