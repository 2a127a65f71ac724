import Foundation

/// Text as it is scanned and looked up: valid UTF-8, or a piece of it.
typealias Bytes = UnsafeBufferPointer<UInt8>

extension UnsafeBufferPointer<UInt8> {
    /// The bytes of a range, counted from 0.
    @inline(__always)
    func slice(_ range: Range<Int>) -> Bytes { Bytes(rebasing: self[range]) }
}

/// A set of byte strings, each stored once and numbered in order of insertion.
///
/// `String` keys would be compared by canonical equivalence, which is slower and, for tokens, wrong: two spellings of
/// one accented letter are two tokens.
struct ByteStringTable: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [UInt32] = []
    /// Open addressing with linear probing: 32 bits of the hash above the number plus one; 0 is a free slot.
    private var slots: [UInt64]
    /// Differs from table to table, so that no text can be written to collide.
    private let seed = UInt64.random(in: 0...UInt64.max)

    var count: Int { ends.count }
    /// Bytes held by all strings together.
    var byteCount: Int { bytes.count }

    init(minimumCapacity: Int = 512) {
        var capacity = 16
        while capacity < minimumCapacity * 2 { capacity *= 2 }
        slots = Array(repeating: 0, count: capacity)
    }

    /// The place in the storage of a string, by its number.
    @inline(__always)
    func range(at index: Int) -> Range<Int> {
        (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])
    }

    func string(at index: Int) -> ArraySlice<UInt8> { bytes[range(at: index)] }

    func index(of key: Bytes) -> Int? {
        find(key, hash: hash(key)).index
    }

    func index(of key: String) -> Int? {
        var key = key
        return key.withUTF8 { index(of: $0) }
    }

    /// The number of a string, which is new if it equals the former `count`.
    @discardableResult
    mutating func insert(_ key: Bytes) -> Int {
        if (count + 1) * 2 > slots.count { grow() }
        let hash = hash(key)
        let (slot, index) = find(key, hash: hash)
        if let index { return index }
        bytes.append(contentsOf: key)
        ends.append(UInt32(bytes.count))
        slots[slot] = Self.entry(hash, count)
        return count - 1
    }

    @discardableResult
    mutating func insert(_ key: String) -> Int {
        var key = key
        return key.withUTF8 { insert($0) }
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        for slot in slots.indices { slots[slot] = 0 }
    }

    @inline(__always)
    private static func entry(_ hash: UInt64, _ number: Int) -> UInt64 {
        (hash & 0xFFFF_FFFF_0000_0000) | UInt64(number)
    }

    @inline(__always)
    private func find(_ key: Bytes, hash: UInt64) -> (slot: Int, index: Int?) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let entry = slots[slot]
            if entry == 0 { return (slot, nil) }
            if (entry ^ hash) >> 32 == 0 {
                let index = Int(entry & 0xFFFF_FFFF) - 1
                if equals(key, at: index) { return (slot, index) }
            }
            slot = (slot + 1) & mask
        }
    }

    @inline(__always)
    private func equals(_ key: Bytes, at index: Int) -> Bool {
        let range = range(at: index)
        guard range.count == key.count else { return false }
        guard let keyStart = key.baseAddress else { return true }
        return bytes.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { memcmp($0 + range.lowerBound, keyStart, key.count) == 0 } ?? false
        }
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        bytes.withUnsafeBufferPointer { bytes in
            for index in ends.indices {
                let hash = hash(bytes.slice(range(at: index)))
                var slot = Int(truncatingIfNeeded: hash) & mask
                while slots[slot] != 0 { slot = (slot + 1) & mask }
                slots[slot] = Self.entry(hash, index + 1)
            }
        }
    }

    /// Multiplies eight bytes at a time into the hash, folding the high half of each product onto the low one.
    @inline(__always)
    private func hash(_ key: Bytes) -> UInt64 {
        let raw = UnsafeRawBufferPointer(key)
        var hash = seed ^ UInt64(raw.count)
        var offset = 0
        while offset + 8 <= raw.count {
            hash = Self.mixed(hash ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var tail: UInt64 = 0
        while offset < raw.count {
            tail = tail << 8 | UInt64(raw[offset])
            offset += 1
        }
        return Self.mixed(hash ^ tail)
    }

    @inline(__always)
    private static func mixed(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }
}
