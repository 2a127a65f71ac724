extension FixedWidthInteger where Self: UnsignedInteger {
    /// In lower-case hexadecimal digits, filled up with zeros to `digits` of them.
    package func hexadecimal(digits: Int) -> String {
        let text = String(self, radix: 16)
        return String(repeating: "0", count: Swift.max(0, digits - text.count)) + text
    }
}

extension Sequence<UInt8> {
    /// Two lower-case hexadecimal digits for each byte.
    package var hexadecimal: String { map { $0.hexadecimal(digits: 2) }.joined() }
}
