import CStartUp
import Errors
import Foundation

/// What people read goes to standard error, so that standard output holds results alone.
enum Console {
    static func error(_ message: String) { write("error: \(message)") }
    static func note(_ message: String) { write("note: \(message)") }

    /// What nobody can read any more, as the terminal is closed or the disk full, is no reason to stop.
    static func write(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line.printable + "\n").utf8))
    }

    /// Prints part of a result as it is, now, without waiting for the end of the line.
    static func put(_ text: String) throws {
        print(text, terminator: "")
        try finishOutput()
    }

    /// Sends off what has been printed. What could not be written is a result that is lost.
    ///
    /// - Throws: ``OutputLost``
    static func finishOutput() throws {
        guard start_up_flush_output() else { throw OutputLost() }
    }

    /// Prints a line of a result on standard output.
    static func show(_ line: String) { print(line.printable) }
}

/// Standard output does not take what was printed.
struct OutputLost: CategorizedError, CustomStringConvertible {
    var category: ErrorCategory { .inputOutput }

    var description: String {
        "standard output: the result could not be written, or not all of it; free some space there, or send it elsewhere"
    }
}

/// Prints a result as one line of JSON on standard output.
func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self).printable)
}

extension String {
    /// The text without what a terminal would obey: names, rows and paths come from files. Control characters (C0, C1,
    /// escape) and those that turn the direction of text are written as in JSON, so that JSON stays what it was.
    var printable: String {
        guard unicodeScalars.contains(where: \.isCommand) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.isCommand {
                text += "\\u" + String(format: "%04x", scalar.value)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isCommand: Bool {
        switch value {
        case 0x09, 0x0A: false
        case 0..<0x20, 0x7F...0x9F: true
        // Marks, embeddings, overrides and isolates of direction; separators of lines and paragraphs.
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
