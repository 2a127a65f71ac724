import Datasets
import Foundation
import LanguageModels
import TestSupport
import Testing
import Torch

@testable import Training

@Suite struct ReferenceRecordTests {
    private let folder: ScratchFolder
    private let rows = [
        TokenizedComparison(prompt: [1, 2], chosen: [3, 4], rejected: [5], margin: nil, row: 0),
        // Nothing before the first token of an answer: it is not scored.
        TokenizedComparison(prompt: [], chosen: [3, 4], rejected: [5, 6, 7], margin: nil, row: 1),
    ]

    init() throws { folder = try ScratchFolder() }

    private func record(
        of rows: [TokenizedComparison]? = nil, reference: String = "r", precision: Precision = .fp32
    ) -> ReferenceRecord<TokenizedComparison> {
        ReferenceRecord(of: rows ?? self.rows, reference: reference, precision: precision, in: folder.url)
    }

    private var values: [TokenizedComparison: [Float]] {
        [rows[0]: [-1, -2, -3], rows[1]: [-0.25, -5, -.leastNormalMagnitude]]
    }

    @Test func comesBackBitForBit() throws {
        #expect(try record().read() == nil)
        try record().write(values)
        #expect(try record().read() == values)
    }

    @Test func isNamedAfterWhatItFollowsFrom() {
        let names = [
            record(), record(reference: "s"), record(precision: .bf16), record(of: [rows[0]]),
            record(of: [rows[1], rows[0]]),
            record(of: [
                TokenizedComparison(prompt: [1], chosen: [2, 3, 4], rejected: [5], margin: nil, row: 0)
            ]),
        ].map(\.file.lastPathComponent)
        #expect(Set(names).count == names.count)
        #expect(record().file == record().file)
    }

    @Test func damageIsNoticed() throws {
        try record().write(values)
        let whole = try Data(contentsOf: record().file)
        for damage in [whole.dropLast(4), whole.prefix(10), whole.dropLast(1) + [whole[whole.count - 1] ^ 1]]
        {
            try Data(damage).write(to: record().file)
            #expect(throws: ReferenceRecord<TokenizedComparison>.Damaged.self) { try record().read() }
        }
    }
}
