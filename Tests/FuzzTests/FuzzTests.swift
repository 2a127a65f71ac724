import Errors
import Foundation
import TestSupport
import Testing

/// Damaged files of every format through the ways in that users' files take: `make fuzz` reads a million of each.
@Suite(.serialized) struct FuzzTests {
    private static let plan = Hunter.Plan()
    private static let formats = FuzzFormat.all.filter(plan.includes)

    @Test(arguments: formats) func damagedInputsAreReadOrRefused(_ format: FuzzFormat) throws {
        let findings = try Hunter(plan: Self.plan).hunt(format)
        let list = findings.map(\.description).joined(separator: "\n")
        #expect(findings.isEmpty, "format, seed, number:\n\(list)\nin \(Self.plan.folder.path)")
    }

    /// Otherwise what is damaged would be damaged already, and little of a reader would be reached.
    @Test(arguments: formats) func samplesAreRead(_ format: FuzzFormat) throws {
        for sample in format.samples.indices {
            let folder = try TemporaryFolder()
            let reader = try format.reader(folder.url)
            #expect(throws: Never.self, "sample \(sample)") {
                try reader(format.input(sample: sample, in: folder.url))
            }
        }
    }

    @Test func inputsFollowFromSeedAndNumber() throws {
        let folder = try TemporaryFolder().url
        for format in FuzzFormat.all {
            let inputs = (0..<20).map { format.input(seed: 1, index: $0, in: folder).bytes }
            #expect(inputs == (0..<20).map { format.input(seed: 1, index: $0, in: folder).bytes })
            #expect(Set(inputs).count > 10, "\(format)")
        }
    }

    @Test func formatsHaveDifferentNames() {
        #expect(Set(FuzzFormat.all.map(\.name)).count == FuzzFormat.all.count)
    }
}

/// What the processes of a ``Hunter`` run.
@Suite struct Prey {
    private static let order = ProcessInfo.processInfo.environment[Hunter.variable]

    @Test(.enabled(if: order != nil)) func isHunted() throws {
        try JSONDecoder().decode(Hunt.self, from: Data((Self.order ?? "").utf8)).run()
    }
}
