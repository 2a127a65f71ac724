import Foundation
import Testing

@testable import Settings

private struct Numbers: ConfigurationSection, Equatable {
    var count = 1
    var rate: Double? = 0.5
    var weights: [Double] = []
    var free = 0
    var seed = 0
    var every = 10

    static let ranges: [String: SettingRange] = [
        "count": .count, "rate": .above(0), "weights": .share, "seed": .word, "every": .atLeast(0),
    ]
    static let synonyms: [String: ConfigurationSynonym] = [
        "strategy": .decides("every", values: ["no": "0", "steps": nil]),
        "options": .members(["rate": "rate"]),
        "tool": .fixed(["1e-8", "null", "[]"], why: "there is no tool"),
        "length": .replaced(by: "not applied"),
    ]
}

private struct Abbreviated: ConfigurationSection {
    static let synonyms: [String: ConfigurationSynonym] = ["model_name_or_path": .name("model")]
}

@Suite struct SettingRangeTests {
    private func read(_ yaml: String, _ flags: ConfigurationOverride...) throws -> ResolvedConfiguration<
        Numbers
    > {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(yaml.utf8).write(to: file)
        return try ConfigurationReader(file: file, overrides: flags).read(Numbers())
    }

    private func error(_ yaml: String, _ flags: ConfigurationOverride...) -> ConfigurationError? {
        do {
            let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).yaml")
            defer { try? FileManager.default.removeItem(at: file) }
            try Data(yaml.utf8).write(to: file)
            _ = try ConfigurationReader(file: file, overrides: flags).read(Numbers())
            return nil
        } catch { return error as? ConfigurationError }
    }

    @Test func everyNumberIsHeldAgainstItsRangeFromFlagsAndFiles() {
        func flag(_ name: String, _ value: some Encodable) -> String? {
            error("", ConfigurationOverride(flag: "--\(name)", value: value)).map(\.description)
        }
        #expect(flag("rate", Double.nan) == "--rate: expected a number above 0, found nan")
        #expect(
            flag("rate", 1e308)?.hasSuffix("a number above 0 and at most 1000000000, found 1e+308") == true)
        #expect(flag("count", Int.max)?.hasSuffix("expected from 1 to 1000000, found \(Int.max)") == true)
        #expect(flag("weights", [0.5, -.infinity])?.contains("from 0 to 1, found [0.5, -inf]") == true)
        #expect(flag("free", Int.min)?.contains("from -1000000000 to 1000000000") == true)
        #expect(flag("seed", Int.max) == nil && flag("free", -1) == nil)
        #expect(
            error("rate: .nan")?.description.hasSuffix(":1: rate: expected a number above 0, found nan")
                == true)
        #expect(error("rate: .nan")?.category == .badData)
        #expect(error("", ConfigurationOverride(flag: "--rate", value: 0.0))?.category == .usage)
    }

    @Test func everythingWrongWithAFileIsToldInItsOrder() throws {
        let message = try #require(error("count: 0\nquux: 1\nrate: much\ntool: 5\n")).description
        let lines = message.split(separator: "\n").map { $0.drop { $0 != ":" }.dropFirst() }
        #expect(lines.map { String($0.prefix(2)) } == ["1:", "2:", "3:", "4:"], "\(message)")
    }

    @Test func whatDecidesTakesTheOthersPlace() throws {
        #expect(try read("strategy: no\nevery: 5").value.every == 0)
        #expect(try read("every: 5\nstrategy: steps").value.every == 5)
        #expect(try read("strategy: no", ConfigurationOverride(flag: "--every", value: 3)).value.every == 3)
        #expect(error("strategy: best")?.description.contains("one of no, steps, found 'best'") == true)
    }

    @Test func membersOfAMappingAreKeys() throws {
        #expect(try read("options: {rate: 0.25}").value.rate == 0.25)
        #expect(try read("options: null").value.rate == 0.5)
        #expect(
            error("options: {speed: 1}")?.description.contains("'options.speed' is not a setting") == true)
        #expect(error("options: 3")?.description.contains("a mapping of rate, found '3'") == true)
    }

    @Test func defaultsOfOtherToolsAreCountedInOneNote() throws {
        let notes = try read("tool: 1.0e-08\nlength: 128").notes
        #expect(notes.count == 2 && notes[0].hasSuffix(":2: length: not applied"))
        #expect(notes[1] == "1 key of other tools ask for what happens here anyway: tool")
        for value in ["~", "[]"] { #expect(try read("tool: \(value)").notes.count == 1) }
        #expect(error("tool: 2")?.description.contains("there is no tool") == true)
    }

    @Test func aRunThatIsResumedSaysTheRest() throws {
        let former = try Setting(key: "rate", encoding: 0.75, origin: .file("run.json", line: nil))
        let reader = try ConfigurationReader(
            file: nil, overrides: [ConfigurationOverride(flag: "--count", value: 2)]
        ).resuming([former])
        let value = try reader.read(Numbers()).value
        #expect(value.count == 2 && value.rate == 0.75)
    }

    @Test func abbreviationsAndNamesOfOtherToolsAreUnderstood() {
        let known = KnownKeys()
        known.insert("learning_rate")
        known.merge(Abbreviated.self)
        #expect(nearestKey(to: "lr", among: known) == "learning_rate")
        #expect(nearestKey(to: "model_name_or_path", among: known) == "model")
    }
}
