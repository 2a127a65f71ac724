import Foundation

/// Numbers as progress shows them, the same in every locale.
public enum ProgressText {
    /// `1,234,567`
    static func grouped(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        let groups = stride(from: digits.count, to: 0, by: -3).map { String(digits[max(0, $0 - 3)..<$0]) }
        return (value < 0 ? "-" : "") + groups.reversed().joined(separator: ",")
    }

    /// Four significant digits: `0.4321`, `12.35`, `1e-06`.
    static func significant(_ value: Double) -> String { String(format: "%.4g", value) }

    static func megabytes(_ bytes: Int) -> String { String(format: "%.1f", Double(bytes) / 1_000_000) }

    /// `7s`, `2:10`, `1:02:33`
    public static func duration(_ seconds: Double) -> String {
        guard seconds < 1e9 else { return "a long time" }
        let whole = Int(max(0, seconds).rounded())
        let (hours, minutes) = (whole / 3600, whole / 60 % 60)
        if whole < 60 { return "\(whole)s" }
        if hours == 0 { return "\(minutes):\(twoDigits(whole % 60))" }
        return "\(hours):\(twoDigits(minutes)):\(twoDigits(whole % 60))"
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
}
