import Foundation

/// What people read goes to standard error, so that standard output holds results alone.
enum Console {
    static func error(_ message: String) { write("error: \(message)") }
    static func note(_ message: String) { write("note: \(message)") }

    static func write(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }
}

/// Prints a result as one line of JSON on standard output.
func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
}
