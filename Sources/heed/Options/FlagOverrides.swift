import ArgumentParser
import Settings

/// A group of flags whose names are keys of the configuration: `--batch-size` overrides `batch_size`.
///
/// Every flag is optional, or a list that is empty by default, so that what was not given overrides nothing.
protocol SettingOptions: ParsableArguments {}

extension ParsableArguments {
    /// The settings given as flags.
    var overrides: [ConfigurationOverride] {
        settingFlags.compactMap { flag, value in value.map { ConfigurationOverride(flag: flag, value: $0) } }
    }

    /// All flags that are settings, here and in the groups of settings inside, with the values that were given.
    var settingFlags: [(flag: String, value: (any Encodable)?)] {
        Mirror(reflecting: self).children.flatMap { child -> [(flag: String, value: (any Encodable)?)] in
            if let group = child.value as? any GroupWrapper { return group.settings?.settingFlags ?? [] }
            guard let label = child.label, let flag = child.value as? any FlagWrapper else { return [] }
            return [(flagName(ofProperty: label), flag.givenValue)]
        }
    }
}

/// `_learningRate`, the storage of a property with a wrapper, is set by `--learning-rate`.
private func flagName(ofProperty label: String) -> String {
    label.drop { $0 == "_" }.reduce(into: "--") { name, letter in
        name += letter.isUppercase ? "-\(letter.lowercased())" : String(letter)
    }
}

private protocol FlagWrapper {
    var givenValue: (any Encodable)? { get }
}
extension Option: FlagWrapper {
    fileprivate var givenValue: (any Encodable)? { given(wrappedValue) }
}
extension Argument: FlagWrapper {
    fileprivate var givenValue: (any Encodable)? { given(wrappedValue) }
}
extension Flag: FlagWrapper {
    fileprivate var givenValue: (any Encodable)? { given(wrappedValue) }
}

private protocol GroupWrapper {
    var settings: (any SettingOptions)? { get }
}
extension OptionGroup: GroupWrapper {
    fileprivate var settings: (any SettingOptions)? { wrappedValue as? any SettingOptions }
}

private protocol OptionalValue {
    var content: Any? { get }
}
extension Optional: OptionalValue {
    fileprivate var content: Any? { self }
}

private func given(_ value: Any) -> (any Encodable)? {
    if let optional = value as? any OptionalValue { return optional.content.flatMap(given) }
    if let list = value as? any Collection & Encodable, list.isEmpty { return nil }
    return value as? any Encodable
}
