import Foundation
import Hashing

/// Seeds by name: everything random in a run has its own, all of them follow from the run's seed, and adding
/// one leaves the others as they are.
///
///     let seeds = SeedSequence(42)
///     let order = RandomSource(seed: seeds.derived("shuffle").value)
///     let firstRollout = seeds.derived("rollout").derived("1")
public struct SeedSequence: Hashable, Sendable {
    public let value: UInt64

    public init(_ seed: Int) {
        value = UInt64(bitPattern: Int64(seed))
    }

    private init(value: UInt64) { self.value = value }

    /// The first 8 bytes (little-endian) of the SHA-256 of this seed's 8 bytes (little-endian) and the name
    /// in UTF-8.
    public func derived(_ name: String) -> SeedSequence {
        var hash = SHA256()
        withUnsafeBytes(of: value.littleEndian) { hash.update($0) }
        hash.update(name)
        let value = hash.finalize().prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return SeedSequence(value: value)
    }
}
