import ArgumentParser
import Foundation
import JSON
import Settings
import Testing
import Verbs

@testable import heed

/// What help says of defaults, against the settings.
@Suite struct DefaultsTests {
    private static let commands = HeedCommand.configuration.subcommands.compactMap {
        $0 as? any VerbCommand.Type
    }

    /// The flags of a command's settings and what its help says of each.
    private func flags(of command: any VerbCommand.Type) throws -> [(key: String, help: String)] {
        let parsed = try #require(try command.parseAsRoot([]) as? any VerbCommand)
        let help = HeedCommand.helpMessage(for: command, columns: 100_000)
        let entries = help.components(separatedBy: "\n  -")
        return parsed.settingFlags.map { flag, _ in
            let name = String(flag.dropFirst(2))
            let entry =
                entries.first { Self.names($0).contains(name) }
                ?? help.components(separatedBy: "\n").first { $0.hasPrefix("  <\(name)>") }
            return (name.replacing("-", with: "_"), entry ?? "")
        }
    }

    /// The flags that an entry of the help is about, whose first dash is cut off.
    private static func names(_ entry: String) -> [String] {
        let head = "-" + (entry.components(separatedBy: "  ").first ?? "").split(separator: "\n")[0]
        return head.matches(of: /--([a-z0-9-]+)/).map { String($0.1) }
    }

    private func settings(_ yaml: String) throws -> [String: String] {
        Dictionary(
            yaml.split(separator: "\n").compactMap { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                return parts.count == 2
                    ? (String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces)) : nil
            }, uniquingKeysWith: { first, _ in first })
    }

    @Test(arguments: Verb.onCommandLine.map(\.name)) func helpTellsThem(_ name: String) throws {
        let command = try #require(Self.commands.first { $0.verb.name == name })
        let prepared = try command.verb.prepare(ConfigurationReader(file: nil))
        let (used, asked) = (try settings(prepared.yaml), try settings(prepared.yamlAsAsked))
        let flags = try flags(of: command)
        #expect(flags.count > 5)
        for (key, help) in flags {
            #expect(!help.isEmpty, "--\(key) is not in the help")
            guard let value = used[key], let other = asked[key] else {
                Issue.record("\(key) is no setting")
                continue
            }
            let stated = help.firstMatch(of: /\(default: ([^)]*)\)/)?.1
            if let stated {
                #expect(
                    Self.agrees(String(stated), with: value) || Self.agrees(String(stated), with: other),
                    "\(name): help says '\(stated)' of \(key), which is \(value)")
            } else {
                #expect(
                    ["null", "[]", "false"].contains(value),
                    "\(name): help does not say that \(key) is \(value)")
            }
        }
    }

    /// Whether the words of the help can mean the value in YAML.
    private static func agrees(_ stated: String, with value: String) -> Bool {
        let words = stated.split { " ,;".contains($0) }.map(String.init)
        if let flag = ["true": "--", "false": "--no-"][value] { return stated.hasPrefix(flag) }
        if let number = Double(value) {
            return words.contains { Double($0) == number }
                || (stated == "off" && (number == 0 || number == 1))
        }
        if value == "null" { return words.first.flatMap(Double.init) == nil }
        if value.hasPrefix("[") {
            let items = value.dropFirst().dropLast().split { " ,".contains($0) }.map(String.init)
            return items.isEmpty
                ? words.allSatisfy { Double($0) == nil }
                : items == words || items.map(Double.init) == words.map(Double.init)
        }
        return words.contains(value)
    }
}
