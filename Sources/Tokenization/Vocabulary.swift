import JSON

/// The tokens: their spellings in the vocabulary file, the bytes they stand for, and their ids.
struct Vocabulary: Sendable {
    /// Spellings in order of id. Ids may leave gaps, so that a place in the table is not always the id.
    private var spellings: ByteStringTable
    private var ids: [Int] = []
    private var places: [Int32]
    private var contents: [UInt8] = []
    private var contentEnds: [Int] = []

    /// One more than the highest id.
    var count: Int { places.count }

    /// Higher ids are taken for damage rather than given memory.
    private static let ids = 0...1 << 24
    private static let noPlace: Int32 = -1

    /// - Parameters:
    ///   - tokens: ids by spelling.
    ///   - addedTokens: may be among the tokens, with the same ids.
    init(
        _ tokens: OrderedMapping<Int>, addedTokens: [AddedToken], spelling style: TokenSpelling = .bytes,
        file: String
    ) throws {
        var tokens = tokens
        for added in addedTokens { tokens[added.content] = added.id }
        let sorted = tokens.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        for end in [sorted.first, sorted.last] {
            guard let (spelling, id) = end, !Self.ids.contains(id) else { continue }
            throw TokenizerError.malformed(
                file: file, place: "model.vocab",
                expected: "ids from \(Self.ids.lowerBound) to \(Self.ids.upperBound)",
                found: "\(id) for \"\(spelling)\"")
        }
        spellings = ByteStringTable(minimumCapacity: sorted.count)
        places = Array(repeating: Self.noPlace, count: (sorted.last?.value ?? -1) + 1)
        for (spelling, id) in sorted {
            guard places[id] == Self.noPlace else {
                throw TokenizerError.malformed(
                    file: file, place: "model.vocab", expected: "an id for each token",
                    found: "\(id) for \"\(spelling)\" and for \"\(self.spelling(of: id) ?? "")\"")
            }
            places[id] = Int32(spellings.insert(spelling))
            ids.append(id)
            contents.append(contentsOf: style.content(of: spelling))
            contentEnds.append(contents.count)
        }
    }

    func id(of spelling: String) -> Int? {
        spellings.index(of: spelling).map { ids[$0] }
    }

    func id(of spelling: [UInt8]) -> Int? {
        spelling.withUnsafeBufferPointer { spellings.index(of: $0) }.map { ids[$0] }
    }

    func id(of spelling: Bytes) -> Int? { spellings.index(of: spelling).map { ids[$0] } }

    func spelling(of id: Int) -> String? {
        place(of: id).map { String(decoding: spellings.string(at: $0), as: UTF8.self) }
    }

    /// The bytes a token stands for; none if there is no such token.
    func content(of id: Int) -> ArraySlice<UInt8> {
        guard let place = place(of: id) else { return [] }
        return contents[(place == 0 ? 0 : contentEnds[place - 1])..<contentEnds[place]]
    }

    private func place(of id: Int) -> Int? {
        guard places.indices.contains(id), places[id] != Self.noPlace else { return nil }
        return Int(places[id])
    }
}
