import Errors
import Settings

/// What is wrong with a recipe, before anything has run.
public enum RecipeError: CategorizedError, Equatable, CustomStringConvertible {
    case missing(key: String, SettingOrigin, expected: String)
    case unfitValue(key: String, SettingOrigin, expected: String, found: String)
    case unknownKey(String, SettingOrigin, nearest: String?)
    case unknownVerb(String, SettingOrigin, known: [String])
    case repeatedStage(String, SettingOrigin)
    case outputIsSet(SettingOrigin)
    case unknownStage(reference: String, SettingOrigin, known: [String])
    /// The stage is there, but not the part of it.
    case unknownPart(reference: String, SettingOrigin, known: [String])
    /// Stages that wait for each other, the first again at the end.
    case cycle([String], SettingOrigin)

    public var category: ErrorCategory { .badData }

    public var description: String {
        switch self {
        case .missing(let key, let origin, let expected):
            "\(origin): expected \(expected) under '\(key)', found nothing"
        case .unfitValue(let key, let origin, let expected, let found):
            "\(origin): \(key): expected \(expected), found \(found)"
        case .unknownKey(let key, let origin, let nearest):
            "\(origin): '\(key)' is not a key of a recipe; "
                + (nearest.map { "did you mean '\($0)'?" } ?? "settings of one verb belong to its stage")
        case .unknownVerb(let verb, let origin, let known):
            "\(origin): '\(verb)' is not a verb; "
                + (nearestName(to: verb, among: known).map { "did you mean '\($0)'?" }
                    ?? "choose \(known.joined(separator: ", "))")
        case .repeatedStage(let name, let origin):
            "\(origin): another stage is called '\(name)'; give each its own name"
        case .outputIsSet(let origin):
            "\(origin): a stage writes into the recipe's folder; leave 'output' out, and refer to it by '${STAGE}'"
        case .unknownStage(let reference, let origin, let known):
            "\(origin): '\(reference)' refers to no stage; choose \(known.joined(separator: ", "))"
        case .unknownPart(let reference, let origin, let known):
            "\(origin): '\(reference)' is not a result of that stage; choose \(known.joined(separator: ", "))"
        case .cycle(let names, let origin):
            "\(origin): these stages wait for each other: \(names.joined(separator: " → ")); break the cycle"
        }
    }
}
