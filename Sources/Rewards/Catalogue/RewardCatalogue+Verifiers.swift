import Foundation
import JSON
import Models
import Settings

extension RewardCatalogue {
    /// Rewards that check answers by rule, most of them against a truth in the prompt's row.
    static let verifiers = [
        exact, number, math, accuracy, gsm8k, regex, format, length, overlong, repetition, json, countdown,
        harmless,
    ]

    /// Two answers are right or wrong: the right one is chosen.
    private static let temperature = 0.2
    private static let columnOption = [
        TruthColumn.option: "the row's column with the truth; \(TruthColumn.standard) unless given"
    ]

    private static func column(_ argument: NamedArgument, or standard: String = TruthColumn.standard)
        -> String
    {
        argument.string(TruthColumn.option) ?? standard
    }

    private static let exact = Entry(
        name: "exact",
        options: columnOption.merging(["ignore_case": "true: capitals do not count"]) { own, _ in own },
        temperature: temperature
    ) { ExactReward(column: column($0), ignoresCase: try $0.flag("ignore_case")) }

    private static let number = Entry(
        name: "number",
        options: columnOption.merging([
            "tolerance": "the share of the truth that an answer may be off; 0 unless given"
        ]) {
            own, _ in own
        }, temperature: temperature
    ) { NumericReward(column: column($0), tolerance: try $0.number("tolerance", default: 0, from: 0)) }

    private static let math = Entry(
        name: "math",
        options: columnOption.merging([
            "anchored": "true: only what a text marks as its answer, not its last formula"
        ]) { own, _ in own }, temperature: temperature
    ) { MathReward(column: column($0), isAnchored: try $0.flag("anchored")) }

    /// `math` as TRL's `accuracy_reward` is: by that name, on that column, of marked answers alone.
    private static let accuracy = Entry(
        name: "accuracy",
        options: [TruthColumn.option: "as of math, but solution unless given"], temperature: temperature
    ) { MathReward(name: "accuracy", column: column($0, or: "solution"), isAnchored: true) }

    private static let gsm8k = Entry(
        name: "gsm8k",
        options: columnOption.merging(["strict": "true: an answer needs ####"]) { own, _ in own },
        temperature: temperature
    ) { GSM8KReward(column: column($0), isStrict: try $0.flag("strict")) }

    private static let regex = Entry(
        name: "regex",
        options: [
            "pattern": "a regular expression without a comma", "file": "a file that holds one",
            TruthColumn.option: "the row's column with one", "whole": "true: all of the response must match",
        ], temperature: temperature,
        inputs: { $0.string("file").map { [.data($0)] } ?? [] }
    ) { request in
        let argument = request.argument
        let source = try regexSource(argument)
        let reward = RegexReward(source: source, isWhole: try argument.flag("whole"))
        return RewardSource(name: "regex", inputs: argument.file("file")) { reward }
    }

    private static func regexSource(_ argument: NamedArgument) throws -> RegexReward.Source {
        let option = try argument.only(of: ["pattern", "file", TruthColumn.option])
        switch option {
        case TruthColumn.option: return .column(TruthColumn(column(argument), reader: argument.name))
        case "file":
            let text = try argument.contents(of: "file").trimmed
            guard let expression = try? NSRegularExpression(pattern: text) else {
                throw RewardError.fileUnfit(
                    path: argument.string("file") ?? "", expected: "a regular expression",
                    found: "'\(text.prefix(60))'")
            }
            return .pattern(expression)
        case "pattern":
            guard let expression = try? NSRegularExpression(pattern: argument.string("pattern") ?? "") else {
                throw argument.unfit("pattern", expected: "a regular expression")
            }
            return .pattern(expression)
        default:
            throw NamedArgumentError.missingOption(
                "pattern", of: argument.name, kind: argument.kind,
                hint: "a regular expression, or file=PATH, or column=NAME")
        }
    }

    private static let format = Entry(
        name: "format",
        options: [
            "style": FormatReward.Style.allCases.map(\.rawValue).joined(separator: ", ")
                + "; \(FormatReward.Style.thinkAnswer.rawValue) unless given"
        ], temperature: temperature
    ) { FormatReward(style: try $0.choice("style", default: .thinkAnswer)) }

    private static let length = Entry(
        name: "length",
        options: [
            "min": "the least length; 0 unless given", "max": "the greatest",
            "unit": "words or characters; words unless given",
        ], temperature: temperature
    ) { argument in
        guard argument.string("max") != nil else {
            throw NamedArgumentError.missingOption(
                "max", of: argument.name, kind: argument.kind,
                hint: "the greatest length that is as good as shorter ones")
        }
        let most = try argument.number("max", default: 1, from: 1, below: 1e9)
        let least = try argument.number("min", default: 0, from: 0, below: most + 1)
        return LengthReward(Int(least)...Int(most), unit: try argument.choice("unit", default: .words))
    }

    private static let overlong = Entry(
        name: "overlong",
        options: [
            "max": "the tokens from which an answer scores -1, as a rule max_new_tokens",
            "cache": "the tokens before them over which the score falls from 0",
        ], temperature: temperature
    ) { argument in
        for option in ["max", "cache"] where argument.string(option) == nil {
            throw NamedArgumentError.missingOption(
                option, of: argument.name, kind: argument.kind, hint: "a number of tokens")
        }
        let most = try argument.number("max", default: 1, from: 1, below: 1e9)
        let cache = try argument.number("cache", default: 1, from: 1, below: most + 1)
        return OverlongReward(maximum: Int(most), cache: Int(cache))
    }

    private static let repetition = Entry(
        name: "repetition", options: ["n": "words of a run; 3 unless given"], temperature: temperature
    ) { RepetitionReward(size: Int(try $0.number("n", default: 3, from: 1, below: 1000))) }

    private static let json = Entry(
        name: "json",
        options: [
            "schema": "a file with a JSON schema", TruthColumn.option: "the row's column with one",
        ], temperature: temperature,
        inputs: { $0.string("schema").map { [.data($0)] } ?? [] }
    ) { request in
        let argument = request.argument
        let reward = JSONReward(source: try jsonSource(argument))
        return RewardSource(name: "json", inputs: argument.file("schema")) { reward }
    }

    private static func jsonSource(_ argument: NamedArgument) throws -> JSONReward.Source {
        switch try argument.only(of: ["schema", TruthColumn.option]) {
        case "schema":
            let text = try argument.contents(of: "schema")
            do {
                return .schema(try JSONSchema(JSONValue(parsing: Array(text.utf8))))
            } catch {
                throw RewardError.fileUnfit(
                    path: argument.string("schema") ?? "", expected: "a JSON schema", found: "\(error)")
            }
        case nil: return .none
        default: return .column(TruthColumn(column(argument), reader: argument.name))
        }
    }

    private static let countdown = Entry(
        name: "countdown",
        options: [
            "numbers": "the row's column with the numbers; numbers unless given",
            "target": "the row's column with what they are to make; target unless given",
            "strict": "true: ASCII alone and no signs before numbers",
            "credit": "the score of an equation of the numbers with another value, below 1; 0 unless given",
        ], temperature: temperature
    ) { argument in
        CountdownReward(
            numbers: argument.string("numbers") ?? "numbers", target: argument.string("target") ?? "target",
            isStrict: try argument.flag("strict"),
            credit: try argument.number("credit", default: 0, from: 0, below: 1))
    }

    private static let harmless = Entry(
        name: "harmless",
        options: [
            TruthColumn.option:
                "the row's column that is true where answers should decline; \(Harmfulness.column) unless given"
        ], temperature: temperature
    ) { HarmlessReward(column: $0.string(TruthColumn.option)) }
}

extension NamedArgument {
    /// The one of these options that is given; nil where none is.
    fileprivate func only(of options: [String]) throws -> String? {
        let given = options.filter { values[$0] != nil }
        guard given.count < 2 else {
            throw unfit(given[1], expected: "none beside \(given[0])")
        }
        return given.first
    }

    fileprivate func choice<Choice: RawRepresentable & CaseIterable>(
        _ option: String, default standard: Choice
    ) throws -> Choice where Choice.RawValue == String {
        guard let word = values[option] else { return standard }
        guard let choice = Choice(rawValue: word) else {
            throw unfit(option, expected: "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    /// What run.json hashes.
    fileprivate func file(_ option: String) -> [(role: String, url: URL)] {
        string(option).map { [("\(name) \(option)", URL(fileURLWithPath: $0))] } ?? []
    }

    fileprivate func contents(of option: String) throws -> String {
        let path = string(option) ?? ""
        do {
            return try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)
        } catch {
            throw RewardError.fileUnfit(
                path: path, expected: "a file of text", found: error.localizedDescription)
        }
    }
}
