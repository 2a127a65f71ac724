import ArgumentParser
import Errors
import Foundation
import Settings

extension [String] {
    /// The same arguments with negative numbers tied to the flags that they belong to, as `--reward-weights 1
    /// --reward-weights=-0.5`: by itself a word that begins with a dash is taken for a flag.
    var joiningNegativeNumbers: [String] {
        var joined: [String] = []
        var flag: String?
        for word in self {
            if let flag, word.hasPrefix("-"), Double(word) != nil {
                if joined.last == flag { joined.removeLast() }
                joined.append("\(flag)=\(word)")
            } else {
                if word.hasPrefix("--") { flag = word.contains("=") ? nil : word }
                joined.append(word)
            }
        }
        return joined
    }
}

/// A flag that a verb does not have, with the one that was probably meant.
struct UnknownFlag: CategorizedError, CustomStringConvertible {
    let flag: String
    let verb: String
    let meant: String?

    var category: ErrorCategory { .usage }

    var description: String {
        "Unknown option '\(flag)' of heed \(verb); "
            + (meant.map { "did you mean '\($0)'?" } ?? "heed help \(verb) lists them")
    }

    /// - Parameter message: what the parser says of its error; nil where that is not about an unknown flag.
    init?(_ message: String, of command: any ParsableCommand.Type) {
        guard let flag = message.firstMatch(of: /Unknown option '(--[^']+)'/).map({ String($0.1) }),
            let verb = command as? any VerbCommand.Type
        else { return nil }
        self.flag = flag
        self.verb = verb.verb.name
        meant = Self.meant(by: flag, of: verb)
    }

    /// The flag of the key that the settings of the verb take the word for.
    private static func meant(by flag: String, of command: any VerbCommand.Type) -> String? {
        let flags = (try? command.parseAsRoot([]) as? any VerbCommand)?.settingFlags.map(\.flag) ?? []
        let reader = try? ConfigurationReader(
            file: nil, overrides: [ConfigurationOverride(flag: flag, value: "")])
        guard let reader else { return nil }
        do {
            _ = try command.verb.prepare(reader)
        } catch ConfigurationError.unknownKey(_, _, let nearest?) {
            let name = "--\(nearest.replacing("_", with: "-"))"
            return flags.contains(name) ? name : nil
        } catch {
            // The key exists, so that the flag is there under another name.
        }
        return nearestName(to: flag.replacing("_", with: "-"), among: flags)
    }
}

/// An option of one value that is given twice.
struct RepeatedOption: CategorizedError, CustomStringConvertible {
    /// As they were written; an option may have several names.
    let first: String
    let second: String

    var category: ErrorCategory { .usage }

    var description: String {
        first == second
            ? "\(first) is given twice; keep one"
            : "\(second) says again what \(first) says; keep one"
    }

    /// Nil where every option stands once, or takes several values.
    init?(in arguments: [String], of command: any ParsableCommand.Type) {
        let flags = arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }.map { word in
            String(word.prefix { $0 != "=" })
        }
        guard flags.count > 1 else { return nil }
        var given: [Set<String>: String] = [:]
        let options = CommandArguments(of: command).options
        for flag in flags {
            guard let names = options.first(where: { $0.contains(flag) }) else { continue }
            if let first = given.updateValue(flag, forKey: names) {
                (self.first, second) = (first, flag)
                return
            }
        }
        return nil
    }
}

/// What ArgumentParser tells of a command to tools such as writers of completion scripts.
private struct CommandArguments: Decodable {
    struct Argument: Decodable {
        struct Name: Decodable {
            let name: String
        }

        let kind: String
        let isRepeating: Bool
        let names: [Name]?
    }

    struct Command: Decodable {
        let arguments: [Argument]?
    }

    let command: Command

    /// The names of each option that takes one value, with their dashes.
    var options: [Set<String>] {
        (command.arguments ?? []).filter { $0.kind == "option" && !$0.isRepeating }
            .map { Set(($0.names ?? []).map { "--\($0.name)" }) }
    }

    init(of type: any ParsableCommand.Type) {
        let description = Data(type._dumpHelp().utf8)
        do {
            self = try JSONDecoder().decode(Self.self, from: description)
        } catch {
            preconditionFailure("ArgumentParser describes \(type) otherwise than expected: \(error)")
        }
    }
}
