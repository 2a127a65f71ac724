/// What people write behind numbers without meaning a factor.
enum Units {
    /// Single letters, which stand for units only behind a number and a blank, at the end.
    static let letters: Set<String> = ["m", "g", "s", "h", "l", "L", "J", "N", "W", "V", "A", "K", "C", "F"]

    private static let short: Set<String> = [
        "mm", "cm", "dm", "km", "nm", "ft", "in", "yd", "mi", "mg", "kg", "lb", "lbs", "oz", "ml", "mL", "dl",
        "cl", "sec", "min", "hr", "hrs", "ms", "mph", "kmh", "kph", "rpm", "Hz", "kHz", "MHz", "GHz", "kW",
        "kJ",
        "Pa", "kPa", "mol", "deg", "rad", "sq", "cu", "cc", "am", "pm", "USD", "EUR", "yr", "yrs",
    ]

    /// A word of four letters and more is no product of variables.
    static func isUnit(_ word: String) -> Bool { word.count > 3 || short.contains(word) }
}
