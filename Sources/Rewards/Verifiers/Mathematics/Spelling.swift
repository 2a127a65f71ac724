/// Signs of Unicode that say the same as signs of ASCII and commands of TeX.
enum Spelling {
    private static let commands: [Character: String] = [
        "−": "-", "–": "-", "×": "*", "⋅": "*", "·": "*", "∙": "*", "÷": "/", "⁄": "/", "∕": "/",
        "π": "\\pi ",
        "√": "\\sqrt ", "∛": "\\cbrt ", "∞": "\\infty ", "≤": "\\le ", "≥": "\\ge ", "≠": "\\ne ", "≈": "=",
        "∪": "\\cup ", "∅": "\\emptyset ", "±": "\\pm ", "∓": "\\mp ", "∈": "\\in ", "º": "°", "％": "%",
        "\u{A0}": " ", "\u{202F}": " ", "\u{2009}": " ",
        "½": " 1/2", "⅓": " 1/3", "⅔": " 2/3", "¼": " 1/4", "¾": " 3/4", "⅕": " 1/5", "⅖": " 2/5",
        "⅗": " 3/5", "⅘": " 4/5", "⅙": " 1/6", "⅚": " 5/6", "⅛": " 1/8", "⅜": " 3/8", "⅝": " 5/8",
        "⅞": " 7/8",
    ]
    private static let superscripts: [Character: Character] = [
        "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9",
        "⁻": "-",
    ]
    static let currencies = Set<Character>("$€£¥₹₽₪₩₫฿₡₤₦₨₭₮₱₲₴₵₸₺₾₿")

    /// The formula in TeX's spelling, without signs of currencies.
    static func ofTeX(_ text: String) -> String {
        var result = ""
        var exponent = ""
        func closed() -> String { exponent.isEmpty ? "" : "^{\(exponent)}" }
        for character in text {
            if let digit = superscripts[character] {
                exponent.append(digit)
                continue
            }
            result += closed()
            exponent = ""
            if let command = commands[character] {
                result += command
            } else if !currencies.contains(character) {
                result.append(character)
            } else if result.last == "\\" {
                result.removeLast()
            }
        }
        return result + closed()
    }
}
