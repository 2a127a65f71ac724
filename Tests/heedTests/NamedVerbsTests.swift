import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import heed

/// Every `heed WORD` that somebody can read is something that can be typed.
@Suite struct NamedVerbsTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Sources with their messages, help and comments, documents, recipes, scripts.
    private static func texts() throws -> [(path: String, text: String)] {
        let manager = FileManager.default
        let paths =
            ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile"]
            + ["Sources", "docs", "recipes", "examples", "scripts"].flatMap { folder in
                (manager.enumerator(atPath: root.appending(path: folder).path)?.compactMap { $0 as? String }
                    ?? [])
                    .map { "\(folder)/\($0)" }
            }
        return paths.sorted().compactMap { path in
            let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8)
            return text.map { (path, $0) }
        }
    }

    @Test func areRegistered() throws {
        var commands: [String: Set<String>] = [:]
        for verb in HeedCommand.configuration.subcommands {
            commands[verb._commandName] = Set(verb.configuration.subcommands.map { $0._commandName })
        }
        var found = 0
        for (path, text) in try Self.texts() {
            for match in text.matches(
                of: /(?:^|[\s'`"(])heed ([a-z]+(?:-[a-z]+)*)(?: ([a-z]+))?/.anchorsMatchLineEndings())
            {
                found += 1
                let (verb, word) = (String(match.1), match.2.map(String.init))
                guard verb != "help" else {
                    if let word { #expect(commands[word] != nil, "\(path): heed help \(word)") }
                    continue
                }
                guard let parts = commands[verb] else {
                    Issue.record("\(path) names 'heed \(verb)', which is not a verb")
                    continue
                }
                if let word, !parts.isEmpty { #expect(parts.contains(word), "\(path): heed \(verb) \(word)") }
            }
        }
        #expect(found > 100)
    }
}
