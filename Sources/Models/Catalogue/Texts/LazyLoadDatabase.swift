import Files
import Foundation

/// Objects of an R package that are loaded when they are asked for, each behind the other: four bytes of its size, and the
/// object, serialised and compressed by zlib (R Internals, 1.8 and 1.17). Only vectors of text are read: lines of books.
struct LazyLoadDatabase {
    private(set) var texts: [(name: String, content: String)] = []

    init(_ data: Data) throws {
        let bytes = [UInt8](data)
        var place = 0
        while place < bytes.count {
            let (object, end) = try Inflater.stream(.zlib, at: place + 4, of: bytes)
            place = end
            var reader = SerializedReader(object)
            let lines = try reader.textVector()
            guard let title = lines.first(where: { !$0.isEmpty }) else { continue }
            let name = title.lowercased().map { $0.isLetter ? $0 : "-" }
            texts.append((String(name), Self.paragraphs(of: lines)))
        }
    }

    /// Books are kept by the lines of their print: those of a paragraph become one.
    private static func paragraphs(of lines: [String]) -> String {
        lines.split(whereSeparator: \.isEmpty).map { $0.joined(separator: " ") }.joined(separator: "\n\n")
    }
}

/// R's serialisation, version 3, in its binary form: numbers of four bytes, the highest first.
private struct SerializedReader {
    private let bytes: [UInt8]
    private var place = 0

    private static let (vectorOfText, text): (UInt8, UInt8) = (16, 9)

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func textVector() throws -> [String] {
        guard try take(2).elementsEqual("X\n".utf8), try number() == 3 else { throw damage }
        // Who wrote it, who can read it, and how text is encoded there.
        _ = try take(8)
        _ = try take(number())
        guard try type() == Self.vectorOfText, case let count = try number(), count >= 0 else { throw damage }
        return try (0..<count).map { _ in
            guard try type() == Self.text else { throw damage }
            // What is missing has the length −1.
            let length = try number()
            return String(decoding: length < 0 ? [] : try take(length), as: UTF8.self)
        }
    }

    private mutating func type() throws -> UInt8 { UInt8(truncatingIfNeeded: try number()) }

    private mutating func number() throws -> Int {
        Int(try take(4).reduce(Int32(0)) { $0 << 8 | Int32($1) })
    }

    private mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count >= 0, place + count <= bytes.count else { throw damage }
        defer { place += count }
        return bytes[place..<place + count]
    }

    private var damage: DamagedTexts {
        DamagedTexts(description: "an object of the R package is no vector of text in serialisation 3")
    }
}
