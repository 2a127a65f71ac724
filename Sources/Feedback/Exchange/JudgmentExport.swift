import Datasets
import Files
import Foundation
import JSON

/// What an export wrote.
public struct ExportSummary: Codable, Hashable, Sendable {
    public let output: String
    public let rows: Int
    /// Judgments that gave rows.
    public let judgments: Int
    public let people: Int
    /// Judgments that gave none, such as ties among comparisons.
    public let withoutRows: Int

    enum CodingKeys: String, CodingKey {
        case output, rows, judgments, people
        case withoutRows = "without_rows"
    }
}

/// Judgments of a store as JSON Lines.
public enum JudgmentExport {
    /// Writes rows one by one into a file that is either whole or not there.
    ///
    /// - Parameter trainerColumnsOnly: whether rows have the columns of TRL's trainers and no other.
    /// - Throws: ``ExchangeError`` where no judgment gives such a row.
    @discardableResult
    public static func write(
        _ schema: JudgmentSchema, of selection: JudgmentSelection = JudgmentSelection(),
        from store: FeedbackStore, to output: URL, trainerColumnsOnly: Bool = false
    ) throws -> ExportSummary {
        let count = try write(
            schema, of: selection, from: store, to: output, only: nil,
            trainerColumnsOnly: trainerColumnsOnly)
        return ExportSummary(
            output: output.relativePath, rows: count.rows, judgments: count.judgments.count,
            people: count.people.count, withoutRows: count.withoutRows)
    }

    /// - Parameter ids: the only judgments that count, whoever made them; nil: all of active people.
    static func write(
        _ schema: JudgmentSchema, of selection: JudgmentSelection, from store: FeedbackStore, to output: URL,
        only ids: Set<Judgment.ID>?, trainerColumnsOnly: Bool = false
    ) throws -> Count {
        let writer = try JSONLinesWriter(output)
        var count = Count()
        let name = store.url.relativePath
        try store.read { reader in
            try reader.forEachExportedJudgment(of: selection, store: name, only: ids) { judged in
                let rows = judged.rows(as: schema, aspect: selection.aspect)
                for row in rows {
                    guard let columns = trainerColumnsOnly ? row.trainerColumns : row.columns else {
                        throw ExchangeError.noTrainer(schema)
                    }
                    try writer.append(columns)
                }
                count.add(judged.judgment, rows: rows.count)
            }
        }
        guard count.rows > 0 else {
            throw ExchangeError.nothingToExport(schema, store: name, leftOut: count.leftOut)
        }
        try writer.finish()
        return count
    }

    /// What went into an export.
    struct Count {
        private(set) var rows = 0
        private(set) var judgments: [Judgment.ID] = []
        private(set) var people: Set<Annotator.ID> = []
        private(set) var withoutRows = 0

        mutating func add(_ judgment: Judgment, rows count: Int) {
            guard count > 0 else {
                withoutRows += 1
                return
            }
            rows += count
            judgments.append(judgment.id)
            people.insert(judgment.annotator)
        }

        var leftOut: String { withoutRows == 0 ? "no judgment" : "\(withoutRows) that do not" }
    }
}

// MARK: - Other tools

/// The forms in which other labelling tools keep what people said.
public enum ToolFormat: String, CaseIterable, Codable, Sendable {
    case argilla
    case labelStudio = "label-studio"

    /// What lies in the folder of an export.
    public var names: [String] {
        switch self {
        case .argilla: [".argilla", "records.json"]
        case .labelStudio: ["config.xml", "tasks.json"]
        }
    }
}

extension JudgmentExport {
    /// Writes a project, judged or not, as a folder that is either whole or not there, and that another tool reads.
    ///
    /// - Throws: ``ExchangeError`` where `selection` leaves several projects.
    @discardableResult
    public static func write(
        _ format: ToolFormat, of selection: JudgmentSelection, from store: FeedbackStore, to output: URL
    ) throws -> ExportSummary {
        try store.read { reader in
            let name = store.url.relativePath
            let projects = try reader.projects(selection.project, store: name)
            guard let project = projects.first, projects.count == 1 else {
                throw ExchangeError.severalProjects(projects.map(\.name), form: format.rawValue)
            }
            let items = try reader.items(in: project.id).filter { $0.kind != .training }
            let judgments = try reader.judgments(in: project.id).filter { $0.showing == 0 }
            let byItem = Dictionary(grouping: judgments, by: \.item)
                .mapValues { $0.sorted { $0.annotator < $1.annotator } }
            try AtomicFolder.replace(at: output) { folder in
                switch format {
                case .argilla:
                    try ArgillaExport(
                        form: ProjectForm(project, items: items, separator: "-"), naming: selection.naming,
                        store: store.url.lastPathComponent
                    ).write(items, judgments: byItem, to: folder)
                case .labelStudio:
                    try LabelStudioExport(
                        form: ProjectForm(project, items: items, separator: "_"), naming: selection.naming
                    ).write(items, judgments: byItem, to: folder)
                }
            }
            return ExportSummary(
                output: output.relativePath, rows: items.count, judgments: judgments.count,
                people: Set(judgments.map(\.annotator)).count, withoutRows: 0)
        }
    }
}
