import Datasets
import Endpoints
import Errors
import Files
import Foundation
import JSON
import Runs
import Settings
import Synchronization

/// A teacher that another process runs, asked by OpenAI's protocol: `/completions` with `echo` and `logprobs` gives the
/// log-probability of each of its tokens of a text, at its own temperature of 1.
///
/// With a folder, what it said is kept there, line by line as it comes, and is not asked again.
final class EndpointTeacher: Sendable {
    /// A text in the teacher's tokens.
    struct Reading: Hashable, Sendable {
        /// The bytes of each token, and its log-probability; none of the first, which has nothing before it.
        let tokens: [[UInt8]]
        let logProbabilities: [Float?]
    }

    let name: String
    private let client: EndpointClient
    private let model: String
    private let record: Mutex<Record?>

    private struct Record {
        let writer: JSONLinesWriter
        var known: [String: Reading] = [:]
    }

    static let fileName = "endpoint.jsonl"

    /// - Parameter folder: where its answers are kept; nil: nowhere.
    /// - Throws: `EndpointError`; `InvalidSetting` for a folder of another teacher's answers.
    init(_ argument: String, keepingIn folder: String?, limits: EndpointClient.Limits = .init()) throws {
        client = EndpointClient(try Endpoint(argument), limits: limits)
        let model = try client.model()
        self.model = model
        let name = "\(client.endpoint)" + (client.endpoint.model == nil ? "#\(model)" : "")
        self.name = name
        record = Mutex(try folder.map { try Self.record(in: URL(fileURLWithPath: $0), of: name) })
    }

    private static func record(in folder: URL, of name: String) throws -> Record {
        let file = folder.appending(path: fileName)
        let writer = try JSONLinesWriter(file, mode: .append)
        var record = Record(writer: writer)
        let lines = try Data(contentsOf: file).split(separator: UInt8(ascii: "\n"))
        for (index, line) in lines.enumerated() {
            guard let kept = KeptReading(line) else {
                throw MalformedFile(
                    file, expected: "a teacher's answer in line \(index + 1)", found: "something else")
            }
            guard kept.teacher == name else {
                throw InvalidSetting(
                    "teacher_scores", expected: "answers of \(name), or another folder",
                    found: "\(file.path):\(index + 1), which is of \(kept.teacher)")
            }
            record.known[kept.key] = kept.reading
        }
        return record
    }

    /// How many texts it has been asked about in this run and before.
    var knownCount: Int { record.withLock { $0?.known.count ?? 0 } }

    /// - Throws: `EndpointError`, ``Misreading``.
    func reading(of text: String) throws -> Reading {
        let key = ContentHash.sha256(of: Data(text.utf8))
        if let known = record.withLock({ $0?.known[key] }) { return known }
        let answer = try client.post(
            "/completions",
            [
                "model": .string(model), "prompt": .string(text), "max_tokens": 1, "temperature": 1,
                "echo": true, "logprobs": 1,
            ])
        let reading = try Reading(answer, of: text)
        try record.withLock {
            $0?.known[key] = reading
            try $0?.writer.append(KeptReading(teacher: name, key: key, reading: reading).columns)
            try $0?.writer.flush()
        }
        return reading
    }
}

/// An answer that does not say what was asked.
struct Misreading: CategorizedError, CustomStringConvertible {
    let expected: String
    let found: String
    var category: ErrorCategory { .badData }
    var description: String { "expected \(expected), found \(found)" }
}

extension EndpointTeacher.Reading {
    /// - Throws: ``Misreading`` where the tokens are not those of the text.
    init(_ answer: JSONValue, of text: String) throws {
        guard let said = answer["choices"]?.array?.first?["logprobs"], let tokens = said["tokens"]?.array,
            let values = said["token_logprobs"]?.array
        else {
            throw Misreading(
                expected: "log-probabilities of the text (echo and logprobs of /completions)",
                found: "an answer without, so the server does not give them")
        }
        guard tokens.count == values.count else {
            throw Misreading(
                expected: "a log-probability for each token",
                found: "\(tokens.count) tokens with \(values.count) numbers")
        }
        var spelled = try tokens.map { token -> [UInt8] in
            guard let text = token.string, let bytes = Self.bytes(of: text) else {
                throw Misreading(
                    expected: "tokens as text, or as bytes: and their hexadecimal digits", found: "\(token)")
            }
            return bytes
        }
        var numbers = values.map(\.number)
        // A token that begins every sequence spells nothing of the text.
        let wanted = Array(text.utf8)
        if let first = spelled.first, !wanted.starts(with: first), numbers.first == .some(nil) {
            spelled.removeFirst()
            numbers.removeFirst()
        }
        var (place, count) = (0, 0)
        while place < wanted.count, count < spelled.count {
            let token = spelled[count]
            guard wanted[place...].starts(with: token) else {
                throw Misreading(
                    expected: "the text's own tokens",
                    found:
                        "'\(String(decoding: token, as: UTF8.self))' for token \(count + 1), at byte \(place)"
                )
            }
            (place, count) = (place + token.count, count + 1)
        }
        guard place == wanted.count else {
            throw Misreading(
                expected: "tokens of \(wanted.count) bytes", found: "\(count), of \(place) bytes alone")
        }
        if let bad = numbers[..<count].dropFirst().first(where: {
            $0.map { !$0.isFinite || $0 > 1e-3 } ?? true
        }) {
            throw Misreading(
                expected: "a log-probability, at most 0, of every token but the first",
                found: bad.map { "\($0)" } ?? "none")
        }
        self.init(
            tokens: Array(spelled[..<count]),
            logProbabilities: numbers[..<count].map { $0.map { Float(min($0, 0)) } })
    }

    /// A token's bytes: those of its text, or what `bytes:\x..` says of one that is no whole characters.
    private static func bytes(of token: String) -> [UInt8]? {
        guard token.hasPrefix("bytes:") else { return Array(token.utf8) }
        let digits = token.dropFirst("bytes:".count).split(separator: "\\x")
        let bytes = digits.compactMap { $0.count == 2 ? UInt8($0, radix: 16) : nil }
        return bytes.count == digits.count && !bytes.isEmpty ? bytes : nil
    }
}

/// A line of the folder.
private struct KeptReading {
    let teacher: String
    let key: String
    let reading: EndpointTeacher.Reading

    init(teacher: String, key: String, reading: EndpointTeacher.Reading) {
        (self.teacher, self.key, self.reading) = (teacher, key, reading)
    }

    /// Nil where the line is none.
    init?(_ line: Data) {
        guard let row = try? JSONValue(parsing: Array(line)), let teacher = row["teacher"]?.string,
            let key = row["key"]?.string, let tokens = row["tokens"]?.array,
            let numbers = row["logprobs"]?.array, tokens.count == numbers.count
        else { return nil }
        let bytes = tokens.map { ($0.array ?? []).compactMap { $0.integer.flatMap(UInt8.init(exactly:)) } }
        self.init(
            teacher: teacher, key: key,
            reading: .init(tokens: bytes, logProbabilities: numbers.map { $0.number.map { Float($0) } }))
    }

    var columns: [(name: String, value: JSONValue)] {
        [
            ("teacher", .string(teacher)), ("key", .string(key)),
            ("tokens", .array(reading.tokens.map { .array($0.map { .integer(Int($0)) }) })),
            ("logprobs", .array(reading.logProbabilities.map { $0.map { .number(Double($0)) } ?? .null })),
        ]
    }
}
