import Files
import Foundation

/// A module of the SWORD Project for a Bible whose books are compressed one by one (`zText`, `BlockType=BOOK`): `ot` and `nt`,
/// each with an index of blocks (`.bzs`: place, compressed and whole size, in four bytes each, the lowest first) and the blocks
/// (`.bzz`). Verses are not told apart: a book is one text.
struct SwordModule {
    private(set) var texts: [(name: String, content: String)] = []

    private static let entryBytes = 12
    /// Blocks with less are headings of the importing program, or remarks.
    private static let leastCharacters = 1000

    init(in folder: URL) throws {
        for testament in ["ot", "nt"] {
            let index = [UInt8](try FileSystem.read(folder.appending(path: testament + ".bzs")))
            let blocks = [UInt8](try FileSystem.read(folder.appending(path: testament + ".bzz")))
            for entry in 0..<index.count / Self.entryBytes {
                let start = Self.number(index[(entry * Self.entryBytes)...])
                let size = Self.number(index[(entry * Self.entryBytes + 4)...])
                guard size > 0, start < blocks.count else { continue }
                let markup = try Inflater.stream(.zlib, at: start, of: blocks).content
                let text = OSISText(String(decoding: markup, as: UTF8.self)).text
                guard text.count >= Self.leastCharacters else { continue }
                let number = "\(entry)".count < 2 ? "0\(entry)" : "\(entry)"
                texts.append(("\(testament)-\(number)", text))
            }
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}

/// What a reader reads of OSIS markup: paragraphs and lines of verse, without notes.
private struct OSISText {
    private var characters = ""
    /// Line ends owed before the next word.
    private var breaks = 0
    private var owesBlank = false
    private var depthOfNotes = 0

    var text: String { characters }

    private static let paragraphs: Set<Substring> = ["title", "chapter", "lg", "item", "speaker"]
    private static let lines: Set<Substring> = ["l", "lb"]

    init(_ markup: String) {
        var rest = markup[...]
        while !rest.isEmpty {
            let words = rest.prefix { $0 != "<" }
            if depthOfNotes == 0 { add(words) }
            rest = rest.dropFirst(words.count)
            guard let end = rest.firstIndex(of: ">") else { break }
            element(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...]
        }
    }

    private mutating func element(_ tag: Substring) {
        let isEnd = tag.hasPrefix("/")
        let name = tag.drop { $0 == "/" }.prefix { $0.isLetter }
        if name == "note", !tag.hasSuffix("/") {
            depthOfNotes += isEnd ? -1 : 1
            owesBlank = owesBlank || isEnd
        } else if Self.paragraphs.contains(name) || name == "div" && !tag.contains("x-milestone") {
            breaks = max(breaks, 2)
        } else if Self.lines.contains(name) {
            breaks = max(breaks, 1)
        }
    }

    private mutating func add(_ words: Substring) {
        for character in words {
            if character.isWhitespace {
                owesBlank = true
                continue
            }
            if breaks > 0 {
                if !characters.isEmpty { characters += String(repeating: "\n", count: breaks) }
            } else if owesBlank, !",.;:!?”’)".contains(character) {
                characters += " "
            }
            (breaks, owesBlank) = (0, false)
            characters.append(character)
        }
    }
}
