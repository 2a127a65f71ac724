import Foundation
import GRDB
import Hashing
import RandomNumbers

/// What chance decides in a store follows from its seed, so that the same sequence of calls deals the same items.
extension StoreWriter {
    /// The random numbers of one thing that happens once.
    func source(for parts: Int64...) throws -> RandomSource {
        var bytes = Data("draw".utf8)
        for part in [try seed()] + parts {
            withUnsafeBytes(of: part.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return RandomSource(seed: Self.number(from: bytes))
    }

    /// Where an item comes in the random order: uniform in [0, 1), whatever order items are added in.
    func lot(of contentHash: Data, in project: Project.ID) throws -> Double {
        var bytes = Data("lot".utf8)
        for part in [try seed(), project] {
            withUnsafeBytes(of: part.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return Self.number(from: bytes + contentHash).unitFraction
    }

    private func seed() throws -> Int64 {
        try Int64.fetchOne(database.cachedStatement(sql: "SELECT seed FROM store")) ?? 0
    }

    private static func number(from bytes: Data) -> UInt64 {
        SHA256.hash(of: bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
