import Feedback
import Foundation

/// The form of a project's settings: filled from a definition, and read back into one.
struct ProjectForm {
    /// One of several things to choose.
    struct Option {
        let value: String
        let label: String
        let isChosen: Bool
    }

    let tasks: [Option]
    let question: String
    let guidelines: String
    let aspects: String
    let lowestMark: Int
    let highestMark: Int
    let strengths: [Option]
    let allowsTie: Bool
    let allowsBothBad: Bool
    let reasons: [Option]
    let allowsEdit: Bool
    let groups: String
    let answersPerItem: String
    let overlap: Int
    let goldPercent: String
    let repeatPercent: String
    let repeatDistance: Int
    let selections: [Option]
    let randomPercent: String
    let leaseMinutes: String
    let stoppingPercent: String

    init(_ definition: ProjectDefinition) {
        tasks = LabellingTask.allCases.map {
            Option(value: $0.rawValue, label: $0.shownName, isChosen: $0 == definition.task)
        }
        question = definition.question
        guidelines = definition.guidelines
        aspects = Lines.text(definition.aspects.map { ($0.name, $0.question) })
        lowestMark = definition.lowestMark
        highestMark = definition.highestMark
        strengths = (1...4).map {
            Option(value: "\($0)", label: "\($0)", isChosen: $0 == definition.strengths)
        }
        allowsTie = definition.allowsTie
        allowsBothBad = definition.allowsBothBad
        reasons = Requirement.allCases.map {
            Option(value: $0.rawValue, label: $0.rawValue, isChosen: $0 == definition.reason)
        }
        allowsEdit = definition.allowsEdit
        groups = Lines.text(definition.groups.map { ($0.name, $0.values.joined(separator: ", ")) })
        answersPerItem = definition.answersPerItem.map(String.init) ?? ""
        overlap = definition.overlap
        goldPercent = Self.percent(definition.goldShare)
        repeatPercent = Self.percent(definition.repeatShare)
        repeatDistance = definition.repeatDistance
        selections = Selection.allCases.map {
            Option(value: $0.rawValue, label: Self.words($0), isChosen: $0 == definition.selection)
        }
        randomPercent = Self.percent(definition.randomShare)
        leaseMinutes = Self.number(Double(definition.leaseSeconds) / 60)
        stoppingPercent = Self.percent(definition.stoppingWidth)
    }

    /// The definition that a form describes; the store says whether it makes sense.
    /// - Throws: ``RequestProblem/malformed(_:)`` for a number that is none.
    static func definition(_ form: Form) throws -> ProjectDefinition {
        guard let task = LabellingTask(rawValue: form["task"]) else {
            throw RequestProblem.malformed("Choose a task.")
        }
        var definition = ProjectDefinition(
            task: task, question: form["question"].isEmpty ? nil : form["question"])
        definition.guidelines = form["guidelines"]
        let aspects = Lines.pairs(form["aspects"]).map { Aspect($0.name, question: $0.rest) }
        if !aspects.isEmpty { definition.aspects = aspects }
        definition.lowestMark = try whole(form, "lowest_mark")
        definition.highestMark = try whole(form, "highest_mark")
        definition.strengths = try whole(form, "strengths")
        definition.allowsTie = form.isTicked("allows_tie")
        definition.allowsBothBad = form.isTicked("allows_both_bad")
        definition.reason = Requirement(rawValue: form["reason"]) ?? .optional
        definition.allowsEdit = form.isTicked("allows_edit")
        definition.groups = Lines.pairs(form["groups"]).map { group in
            let values = group.rest.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            return GroupAttribute(group.name, values: values.filter { !$0.isEmpty })
        }
        definition.answersPerItem =
            form["answers_per_item"].isEmpty ? nil : try whole(form, "answers_per_item")
        definition.overlap = try whole(form, "overlap")
        definition.goldShare = try share(form, "gold_percent")
        definition.repeatShare = try share(form, "repeat_percent")
        definition.repeatDistance = try whole(form, "repeat_distance")
        definition.selection = Selection(rawValue: form["selection"]) ?? .random
        definition.randomShare = try share(form, "random_percent")
        definition.leaseSeconds = Int((try decimal(form, "lease_minutes") * 60).rounded())
        definition.stoppingWidth = try share(form, "stopping_percent")
        return definition
    }

    private static func whole(_ form: Form, _ name: String) throws -> Int {
        guard let value = Int(form[name]) else { throw notANumber(form, name) }
        return value
    }

    private static func share(_ form: Form, _ name: String) throws -> Double { try decimal(form, name) / 100 }

    private static func decimal(_ form: Form, _ name: String) throws -> Double {
        guard let value = Double(form[name]), value.isFinite, abs(value) < 1e6 else {
            throw notANumber(form, name)
        }
        return value
    }

    private static func notANumber(_ form: Form, _ name: String) -> RequestProblem {
        let field = name.replacingOccurrences(of: "_", with: " ")
        return .malformed("Expected a number as \(field), found \"\(form[name].prefix(40))\".")
    }

    private static func percent(_ share: Double) -> String { number(share * 100) }

    private static func number(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }

    private static func words(_ selection: Selection) -> String {
        switch selection {
        case .random: "at random"
        case .disagreement: "where reward models disagree most"
        case .information: "where a vote says most about the models"
        }
    }
}

/// Several things in one field, one per line: `name: rest`.
enum Lines {
    static func text(_ pairs: [(name: String, rest: String)]) -> String {
        pairs.filter { !$0.name.isEmpty || !$0.rest.isEmpty }
            .map { $0.rest.isEmpty ? $0.name : "\($0.name): \($0.rest)" }.joined(separator: "\n")
    }

    static func pairs(_ text: String) -> [(name: String, rest: String)] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard let name = parts.first, !name.isEmpty else { return nil }
            return (name, parts.count == 2 ? parts[1] : "")
        }
    }
}
