import Foundation
import Testing

@testable import Settings

private struct Voting: ConfigurationSection {
    enum Method: String, Codable, CaseIterable { case simple, weighted }

    struct Ballot: ConfigurationSection {
        var overlap = 1
        var seconds: Double?

        static let needs: [String: SettingNeed] = ["seconds": .without("overlap")]
    }

    var people: String?
    var machines: [String] = []
    var ballot = Ballot()
    var method = Method.simple
    var weights: [Double] = []
    var copies = 1

    static let synonyms: [String: ConfigurationSynonym] = [
        "other_overlap": .name("overlap"), "third_overlap": .name("overlap"),
        "copies_each": .name("copies"),
    ]
    static let needs: [String: SettingNeed] = [
        "overlap": .beside("people", "machines", "nothing_of_this_verb"),
        "weights": .choice("method", of: [Method.weighted]),
        "copies": .beside("people").and(.without("machines")).noted(as: "they are all the same otherwise"),
        "copies_each": .stated("machines", "overlap").noted(as: "another tool multiplies it"),
    ]
}

/// Settings that act only beside others.
@Suite struct SettingNeedTests {
    private func read(
        _ yaml: String = "", _ flags: KeyValuePairs<String, any Encodable> = [:]
    ) throws -> ResolvedConfiguration<Voting> {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(yaml.utf8).write(to: file)
        return try ConfigurationReader(
            file: file, overrides: flags.map { .init(flag: $0.key, value: $0.value) }
        )
        .read(Voting())
    }

    private func message(_ yaml: String = "", _ flags: KeyValuePairs<String, any Encodable> = [:]) -> String?
    {
        do { _ = try read(yaml, flags) } catch { return "\(error)" }
        return nil
    }

    @Test func aSettingThatDoesNothingIsRefused() {
        #expect(
            message("", ["--overlap": 3])
                == "--overlap: expected people or machines beside it, as it does nothing otherwise, found none"
        )
        #expect(message("overlap: 3")?.contains(".yaml:1: overlap: expected people or machines") == true)
        #expect(message("", ["--overlap": 3, "--people": "p"]) == nil)
        #expect(message("overlap: 3\nmachines: [m]") == nil)
        #expect(
            message("", ["--weights": [1.0]])?.contains(
                "expected method weighted beside it, as it does nothing otherwise, found simple")
                == true)
        #expect(message("method: weighted\nweights: [1]") == nil)
        #expect(
            message("people: p\noverlap: 2\nseconds: 5")?.contains("seconds: expected no overlap beside it")
                == true)
    }

    @Test func allOfThemAreToldAtOnce() {
        let told = message("weights: [1]\noverlap: 3")
        #expect(told?.contains("weights: expected") == true && told?.contains("overlap: expected") == true)
    }

    /// Files name every setting, as --print-config does.
    @Test func defaultsAndWhatIsOffNeedNothing() throws {
        #expect(message("overlap: 1\nweights: []\nseconds: null\ncopies: 1\npeople: null") == nil)
        #expect(message("overlap: 0") == nil)
        #expect(try message(read("people: p\noverlap: 3").yaml) == nil)
        #expect(try message(read().yaml) == nil)
    }

    @Test func notesTakeThePlaceOfRefusals() throws {
        let copies = try read("copies: 4").notes
        #expect(copies.count == 1)
        #expect(
            copies[0].contains(
                "copies: expected people beside it, as they are all the same otherwise, found none"))
        #expect(try read("people: p\ncopies: 4").notes.isEmpty)
        #expect(
            try read("people: p\nmachines: [m]\ncopies: 4").notes[0].contains(
                "expected no machines beside it"))
        // Another tool's name of it.
        #expect(
            try read("other_overlap: 3").notes[0].contains(":1: other_overlap: expected people or machines"))
    }

    /// What another tool concludes from its key, Heed takes from another, whose default it need not be.
    @Test func anotherToolsNameMayAskForAKeyToBeSet() throws {
        #expect(
            try read("copies_each: 1").notes[0].hasSuffix(
                ":1: copies_each: expected machines or overlap beside it, as another tool multiplies it, found none"
            ))
        #expect(try read("copies_each: 1\noverlap: 1").notes.isEmpty)
        #expect(try read("copies: 1").notes.isEmpty)
    }

    @Test func whatIsSharedIsNotMeantForEveryVerb() throws {
        let shared = try Setting(key: "overlap", encoding: 3, origin: .file("r.yaml", line: 1))
        let reader = ConfigurationReader(settings: [], shared: [shared], flags: [])
        let resolved = try reader.read(Voting())
        #expect(resolved.value.ballot.overlap == 3 && resolved.notes.isEmpty)
        #expect(resolved.idleKeys == ["overlap", "seconds", "weights"])
        #expect(try read("people: p\noverlap: 3\nmethod: weighted").idleKeys == ["seconds"])
    }

    /// Other tools' files may say the same twice; what they say differently is one's mistake.
    @Test func twoNamesOfAnotherToolMayAgree() {
        #expect(message("other_overlap: 3\nthird_overlap: 3\npeople: p") == nil)
        #expect(message("other_overlap: 3\nthird_overlap: 4\npeople: p")?.contains("says again") == true)
        #expect(message("other_overlap: 3\noverlap: 3\npeople: p")?.contains("says again") == true)
    }
}
