import Datasets
import Foundation
import JSON

/// What is to be imported: items, and what people said about them elsewhere.
public struct ImportedStudy {
    let items: [ImportedItem]
    /// Answers that were not understood, by the name of their question.
    public let unread: [String: Int]
    private let scale: ClosedRange<Int>?

    /// Reads what another tool wrote: a file of its records, or the folder of an export.
    ///
    /// - Parameter aspects: of the project that it is for, where there is one already.
    /// - Throws: `DataError` with the line of what is not as it should be.
    public init(_ file: URL, _ format: ToolFormat, aspects: [String] = []) throws {
        var reader = ToolImport(format, aspects: aspects)
        items = try reader.read(file)
        unread = reader.unread
        scale = nil
    }

    /// Reads comparisons, rankings, ratings and labelled answers as JSON Lines.
    public init(rows files: [URL]) throws {
        let rows = try JSONLines(files).load(JudgmentRow.self)
        items = try rows.map(ImportedItem.init)
        unread = [:]
        let scales = rows.compactMap { row -> ClosedRange<Double>? in
            if case .rating(let rating) = row.row { rating.scale } else { nil }
        }
        scale = scales.first.map { first in
            let widest = scales.reduce(first) {
                min($0.lowerBound, $1.lowerBound)...max($0.upperBound, $1.upperBound)
            }
            return Int(widest.lowerBound.rounded(.down))...Int(widest.upperBound.rounded(.up))
        }
    }

    private var opinions: [Opinion] { items.flatMap(\.judgments).map(\.opinion) }

    /// The task that the judgments are of; nil where there are none.
    public var task: LabellingTask? {
        let tasks = opinions.flatMap(\.verdicts.values).map(\.task)
        return tasks.first ?? (opinions.contains { !$0.edits.isEmpty } ? .edit : nil)
    }

    /// What a project must ask for the judgments to fit into it.
    ///
    /// - Parameter given: the task, where the judgments do not say.
    public func definition(task given: LabellingTask? = nil) -> ProjectDefinition? {
        guard let task = given ?? task else { return nil }
        var definition = ProjectDefinition(task: task)
        let verdicts = opinions.flatMap(\.verdicts)
        let aspects = Set(verdicts.map(\.key)).sorted()
        if !aspects.isEmpty { definition.aspects = aspects.map { Aspect($0) } }
        let marks = verdicts.flatMap { verdict -> [Int] in
            if case .marks(let marks) = verdict.value { marks } else { [] }
        }
        if let scale {
            (definition.lowestMark, definition.highestMark) = (scale.lowerBound, scale.upperBound)
        }
        definition.lowestMark = min(definition.lowestMark, marks.min() ?? definition.lowestMark)
        definition.highestMark = max(definition.highestMark, marks.max() ?? definition.highestMark)
        definition.allowsEdit = task != .edit && opinions.contains { !$0.edits.isEmpty }
        let groups = Set(items.flatMap(\.judgments).compactMap(\.group)).sorted()
        if !groups.isEmpty { definition.groups = [GroupAttribute("group", values: groups)] }
        return definition
    }
}

extension ItemVerdict {
    fileprivate var task: LabellingTask {
        switch self {
        case .better, .tie, .bothBad: .compare
        case .ranking: .rank
        case .marks: .rate
        case .thumbs: .thumbs
        }
    }
}
