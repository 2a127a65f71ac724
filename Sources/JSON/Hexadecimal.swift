extension FixedWidthInteger where Self: UnsignedInteger {
    /// In hexadecimal digits with small letters, filled up with zeros to `digits` of them.
    package func hexadecimal(digits: Int) -> String {
        let text = String(self, radix: 16)
        return String(repeating: "0", count: Swift.max(0, digits - text.count)) + text
    }
}

extension Sequence<UInt8> {
    /// Two hexadecimal digits with small letters for each byte.
    package var hexadecimal: String { map { $0.hexadecimal(digits: 2) }.joined() }
}
