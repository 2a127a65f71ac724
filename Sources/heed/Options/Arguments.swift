import ArgumentParser
import Errors
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
