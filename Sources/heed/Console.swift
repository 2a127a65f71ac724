import CStartUp
import Errors
import Foundation

/// What people read goes to standard error, so that standard output holds results alone.
enum Console {
    static func error(_ message: String) { write("error: \(message)") }
    static func note(_ message: String) { write("note: \(message)") }

    /// What nobody can read any more, as the terminal is closed or the disk full, is no reason to stop.
    static func write(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Prints part of a result now, without waiting for the end of the line.
    static func show(_ text: String) throws {
        print(text, terminator: "")
        try finishOutput()
    }

    /// Sends off what has been printed. What could not be written is a result that is lost.
    ///
    /// - Throws: ``OutputLost``
    static func finishOutput() throws {
        guard start_up_flush_output() else { throw OutputLost() }
    }
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
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
}
