import Feedback
import Foundation

/// The letters under which answers are shown: A for the first place, and so on.
enum Letters {
    static func letter(_ place: Int) -> String {
        Limits.answers.contains(place + 1) ? String(UnicodeScalar(UInt8(65 + place))) : "\(place + 1)"
    }

    static func place(_ letter: String, among count: Int) throws -> Int {
        guard let scalar = letter.unicodeScalars.first, letter.unicodeScalars.count == 1,
            (65..<65 + UInt32(count)).contains(scalar.value)
        else { throw RequestProblem.malformed("There is no answer \"\(letter.prefix(10))\".") }
        return Int(scalar.value) - 65
    }
}

/// An opinion in the words of the page, where answers have letters by the place that they are shown at. Browsers never
/// learn the positions, by which somebody could recognise the models.
struct ShownOpinion: Codable, Hashable, Sendable {
    var verdicts: [String: ShownVerdict] = [:]
    var flags: [String: [Flag]] = [:]
    var edits: [String: String] = [:]
    var reason = ""

    /// - Parameter arrangement: the position for each place.
    init(_ opinion: Opinion, _ arrangement: [Int]) {
        let letter = Self.letters(arrangement)
        verdicts = opinion.verdicts.mapValues { ShownVerdict($0, arrangement, letter) }
        flags = Self.renamed(opinion.flags, letter)
        edits = Self.renamed(opinion.edits, letter)
        reason = opinion.reason
    }

    /// The opinion by positions.
    /// - Throws: ``RequestProblem/malformed(_:)`` for letters that nothing was shown under.
    func opinion(_ arrangement: [Int]) throws -> Opinion {
        func positions<Value>(_ values: [String: Value]) throws -> [Int: Value] {
            try Dictionary(
                uniqueKeysWithValues: values.map { letter, value in
                    (arrangement[try Letters.place(letter, among: arrangement.count)], value)
                })
        }
        return Opinion(
            verdicts: try verdicts.mapValues { try $0.verdict(arrangement) }, flags: try positions(flags),
            edits: try positions(edits), reason: reason)
    }

    private static func letters(_ arrangement: [Int]) -> (Int) -> String? {
        { position in arrangement.firstIndex(of: position).map(Letters.letter) }
    }

    private static func renamed<Value>(_ values: [Int: Value], _ letter: (Int) -> String?) -> [String: Value]
    {
        Dictionary(
            uniqueKeysWithValues: values.compactMap { position, value in letter(position).map { ($0, value) }
            })
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        verdicts = try container.decodeIfPresent([String: ShownVerdict].self, forKey: .verdicts) ?? [:]
        flags = try container.decodeIfPresent([String: [Flag]].self, forKey: .flags) ?? [:]
        edits = (try container.decodeIfPresent([String: String].self, forKey: .edits) ?? [:])
            .mapValues(\.withoutNull)
        reason = (try container.decodeIfPresent(String.self, forKey: .reason) ?? "").withoutNull
    }
}

/// A verdict by letters; exactly one of its members is there, and `strength` with `better`.
struct ShownVerdict: Codable, Hashable, Sendable {
    var better: String?
    var strength: Int?
    var tie: Bool?
    var bothBad: Bool?
    var ranking: [String: Int]?
    var marks: [String: Int]?
    var thumbs: [String: Bool]?

    init(_ verdict: ItemVerdict, _ arrangement: [Int], _ letter: (Int) -> String?) {
        func lettered<Value>(_ values: [Value]) -> [String: Value] {
            Dictionary(
                uniqueKeysWithValues: values.enumerated().compactMap { position, value in
                    letter(position).map { ($0, value) }
                })
        }
        switch verdict {
        case .better(let position, let degree):
            better = letter(position)
            strength = degree
        case .tie: tie = true
        case .bothBad: bothBad = true
        case .ranking(let ranks): ranking = lettered(ranks)
        case .marks(let values): marks = lettered(values)
        case .thumbs(let values): thumbs = lettered(values)
        }
    }

    func verdict(_ arrangement: [Int]) throws -> ItemVerdict {
        if let better {
            let place = try Letters.place(better, among: arrangement.count)
            return .better(arrangement[place], strength: strength ?? 1)
        }
        if tie == true { return .tie }
        if bothBad == true { return .bothBad }
        if let ranking { return .ranking(try Self.positioned(ranking, arrangement)) }
        if let marks { return .marks(try Self.positioned(marks, arrangement)) }
        if let thumbs { return .thumbs(try Self.positioned(thumbs, arrangement)) }
        throw RequestProblem.malformed("A verdict says nothing.")
    }

    private static func positioned<Value>(_ values: [String: Value], _ arrangement: [Int]) throws -> [Value] {
        let pairs = try values.map { letter, value in
            (arrangement[try Letters.place(letter, among: arrangement.count)], value)
        }
        guard pairs.count == arrangement.count else {
            throw RequestProblem.malformed(
                "Expected a value for each of \(arrangement.count) answers, found \(pairs.count).")
        }
        return pairs.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
