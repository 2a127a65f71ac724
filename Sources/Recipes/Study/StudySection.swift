import Errors
import Settings
import Yams

/// What is wrong with the file of a study, before anything has run.
public struct StudyMistake: CategorizedError, Equatable, CustomStringConvertible {
    public let origin: SettingOrigin
    public let text: String

    public var category: ErrorCategory { .badData }
    public var description: String { "\(origin): \(text)" }

    /// - Parameter section: where the key stands, as a reader says it.
    static func unknownKey(_ setting: Setting, in section: String, known: [String]) -> StudyMistake {
        let advice =
            nearestName(to: setting.key, among: known).map { "did you mean '\($0)'?" }
            ?? "choose \(known.joined(separator: ", "))"
        return StudyMistake(
            origin: setting.origin, text: "'\(setting.key)' is not a key of \(section); \(advice)")
    }

    static func missing(_ key: String, in section: String, _ origin: SettingOrigin, expected: String)
        -> StudyMistake
    {
        StudyMistake(origin: origin, text: "\(section): expected \(expected) under '\(key)', found nothing")
    }

    static func unfit(_ setting: Setting, expected: String) -> StudyMistake {
        StudyMistake(
            origin: setting.origin, text: "\(setting.key): expected \(expected), found \(setting.found)")
    }
}

/// One mapping in the file of a study; what is wrong with it is gathered while it is read.
struct StudySection {
    let name: String
    let origin: SettingOrigin
    /// In the order of the file.
    let settings: [Setting]

    /// - Parameters:
    ///   - setting: nil: the section is not there, and empty.
    ///   - keys: nil: any.
    init(
        _ setting: Setting?, named name: String, keys: [String]?, file: String, place: SettingOrigin,
        _ mistakes: inout Mistakes
    ) throws {
        let origin = setting?.origin ?? place
        guard let setting, !setting.isNull else {
            self.init([], named: name, keys: keys, origin: origin, &mistakes)
            return
        }
        if setting.node.mapping == nil {
            mistakes.add(StudyMistake.unfit(setting, expected: "a mapping of settings"))
        }
        let settings = try setting.node.mapping.map { try SettingList($0, file: file).settings } ?? []
        self.init(settings, named: name, keys: keys, origin: origin, &mistakes)
    }

    /// - Parameter keys: nil: any.
    init(
        _ settings: [Setting], named name: String, keys: [String]?, origin: SettingOrigin,
        _ mistakes: inout Mistakes
    ) {
        (self.name, self.origin) = (name, origin)
        self.settings = settings.filter { keys?.contains($0.key) ?? true }
        for setting in settings {
            if let keys, !keys.contains(setting.key) {
                mistakes.add(StudyMistake.unknownKey(setting, in: name, known: keys))
            }
        }
    }

    subscript(key: String) -> Setting? { settings.first { $0.key == key } }

    /// A text that must be there.
    func required(_ key: String, expected: String, _ mistakes: inout Mistakes) -> Setting? {
        if let setting = self[key], !setting.isNull { return setting }
        mistakes.add(StudyMistake.missing(key, in: name, origin, expected: expected))
        return nil
    }

    /// One of several words; the first where nothing is said.
    func word<Word: RawRepresentable & CaseIterable>(
        _ key: String, default word: Word, _ mistakes: inout Mistakes
    ) -> Word where Word.RawValue == String {
        guard let setting = self[key] else { return word }
        let known = Word.allCases.map(\.rawValue)
        guard let text = setting.node.scalar?.string, let found = Word(rawValue: text) else {
            let nearest = setting.node.scalar.flatMap { nearestName(to: $0.string, among: known) }
            mistakes.add(
                StudyMistake.unfit(
                    setting,
                    expected: known.joined(separator: " or ")
                        + (nearest.map { " (did you mean '\($0)'?)" } ?? "")))
            return word
        }
        return found
    }

    func number(_ key: String, in range: ClosedRange<Double>, _ mistakes: inout Mistakes) -> Double? {
        guard let setting = self[key], !setting.isNull else { return nil }
        guard let number = setting.node.float, range.contains(number) else {
            mistakes.add(
                StudyMistake.unfit(
                    setting, expected: "a number from \(range.lowerBound) to \(range.upperBound)"))
            return nil
        }
        return number
    }

    func count(_ key: String, in range: ClosedRange<Int>, _ mistakes: inout Mistakes) -> Int? {
        guard let setting = self[key], !setting.isNull else { return nil }
        guard let number = setting.node.int, range.contains(number) else {
            mistakes.add(
                StudyMistake.unfit(
                    setting, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)"))
            return nil
        }
        return number
    }
}
