import Datasets
import Foundation
import JSON

/// What is to be imported: items, and what people said about them elsewhere.
public struct ImportedStudy {
    let items: [ImportedItem]
    /// Answers that were not understood, by the name of their question.
    public let unread: [String: Int]
    /// What was there and is no judgment of a person, or only a part of one, by what it is.
    public let leftOut: [String: Int]
    private let scale: ClosedRange<Int>?
    /// The first row that has a scale, and those that have another are refused.
    private let scalePlace: Place?
    /// Marks of which nobody says between which numbers they are.
    private let marksWithoutScale: Int

    /// Reads what another tool wrote: a file of its records, or the folder of an export.
    ///
    /// - Parameters:
    ///   - aspects: of the project that it is for, where there is one already.
    ///   - bucketOrder: names of Label Studio's buckets, the best first, where they do not say their rank.
    /// - Throws: `DataError` with the line of what is not as it should be.
    public init(
        _ file: URL, _ format: ToolFormat, aspects: [String] = [], bucketOrder: [String] = []
    ) throws {
        var reader = ToolImport(format, aspects: aspects, bucketOrder: bucketOrder)
        items = try reader.read(file)
        (unread, leftOut) = (reader.unread, reader.leftOut)
        (scale, scalePlace) = (nil, nil)
        marksWithoutScale = items.reduce(0) { $0 + $1.markCount }
    }

    /// Reads comparisons, rankings, ratings and labelled answers as JSON Lines.
    public init(rows files: [URL]) throws {
        let rows = try JSONLines(files).load(JudgmentRow.self)
        items = try rows.map(ImportedItem.init)
        unread = Self.unreadColumns(of: rows)
        leftOut = [:]
        let scales = try rows.compactMap { try Self.scale(of: $0) }
        (scale, scalePlace) = (scales.first?.scale, scales.first?.place)
        marksWithoutScale = items.reduce(0) { $0 + $1.markCount } - scales.count
        for other in scales where other.scale != scale {
            throw DataError(
                file: other.place.file, line: other.place.line,
                expected: "the scale of \(scales[0].place), \(scales[0].scale.named)",
                found: other.scale.named, remedy: "import rows of each scale into a project of its own")
        }
    }

    private static func scale(of row: SourcedRow<JudgmentRow>) throws -> (
        scale: ClosedRange<Int>, place: Place
    )? {
        guard case .rating(let rating) = row.row, let scale = rating.scale else { return nil }
        guard let lowest = Int(exactly: scale.lowerBound), let highest = Int(exactly: scale.upperBound),
            Limits.marks.contains(lowest), Limits.marks.contains(highest)
        else {
            throw DataError(
                file: row.place.file, line: row.place.line,
                expected:
                    "a scale of whole numbers from \(Limits.marks.lowerBound) to \(Limits.marks.upperBound)",
                found: "\(scale.lowerBound) to \(scale.upperBound)",
                remedy: "multiply ratings and scale, or fix the row")
        }
        return (lowest...highest, row.place)
    }

    /// Columns that Heed's own rows have, and that judgments are told by or that follow from the store.
    private static let ownColumns: Set = [
        "seconds", "reason", "project", "item", "judgment", "groups", "drawn", "policies", "both_bad",
        "chosen_first",
    ]

    private static func unreadColumns(of rows: [SourcedRow<JudgmentRow>]) -> [String: Int] {
        let names = rows.flatMap(\.row.extra.keys).filter { !ownColumns.contains($0) }
        return Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
    }

    /// Makes sure that marks mean in a project what they mean here.
    /// - Throws: `DataError` with the row that has another scale.
    func check(against definition: ProjectDefinition, named project: String) throws {
        guard let scale, let scalePlace, definition.task == .rate else { return }
        let marks = definition.lowestMark...definition.highestMark
        guard scale == marks else {
            throw DataError(
                file: scalePlace.file, line: scalePlace.line,
                expected: "the scale of project '\(project)', \(marks.named)", found: scale.named,
                remedy: "import into another project")
        }
    }

    /// What marks without a scale are taken for in a project; nil where there are none.
    func assumedScale(in definition: ProjectDefinition) -> ImportSummary.AssumedScale? {
        marksWithoutScale == 0
            ? nil
            : .init(
                marks: marksWithoutScale, lowest: definition.lowestMark, highest: definition.highestMark)
    }

    /// All that gave no judgment, by what it is.
    var withoutJudgment: [String: Int] {
        unread.reduce(into: leftOut) { $0["answers to \($1.key) that are not understood"] = $1.value }
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

extension ClosedRange<Int> {
    fileprivate var named: String { "\(lowerBound) to \(upperBound)" }
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
