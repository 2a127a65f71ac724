import Datasets
import Errors
import Statistics

/// Why judgments could not be brought into another form.
public enum ExchangeError: CategorizedError, Hashable, Sendable, CustomStringConvertible {
    case unknownProject(String, known: [String], store: String)
    case noProject(store: String)
    /// Several projects, and the form holds one.
    case severalProjects([String], form: String)
    case nothingToExport(JudgmentSchema, store: String, leftOut: String)
    case unknownOption(String, argument: String)
    /// TRL has no trainer for such rows.
    case noTrainer(JudgmentSchema)
    /// A conversation that is to be plain text.
    case severalMessages(item: Int64, messages: Int)
    /// A run is to be resumed, and some of what it learned from must no longer be used.
    case withdrawn(run: String, judgments: Int, people: Int)
    /// A run is to be resumed, and its rows cannot be made again.
    case rowsChanged(run: String, store: String)
    /// The task of a project that does not exist yet, and that follows from nothing.
    case unknownTask(project: String, leftOut: [String: Int])
    /// Rows of another task than the project's.
    case otherTask(project: String, task: LabellingTask, rows: LabellingTask)

    public var category: ErrorCategory {
        switch self {
        case .unknownProject, .noProject, .severalProjects, .noTrainer, .unknownTask,
            .unknownOption:
            .usage
        case .nothingToExport, .severalMessages, .withdrawn, .rowsChanged, .otherTask: .badData
        }
    }

    public var description: String {
        switch self {
        case .unknownProject(let name, let known, let store):
            "\(store): no project '\(name)'; it has \(Self.list(known))"
        case .noProject(let store): "\(store): no project yet; heed label --store \(store) makes one"
        case .severalProjects(let names, let form):
            "expected one project for \(form), found \(Self.list(names)); choose one with --project"
        case .nothingToExport(let schema, let store, let leftOut):
            "\(store): expected judgments that give \(schema.rawValue), found \(leftOut)"
        case .unknownOption(let option, let argument):
            "\(argument): expected project=NAME, aspect=NAME or group=NAME after the colon, found '\(option)'"
        case .noTrainer(let schema):
            "TRL has no trainer for \(schema.rawValue); export comparisons, binary or edits, or use --format heed"
        case .severalMessages(let item, let messages):
            "item \(item): expected a prompt of one message, found \(messages); export with --layout conversational"
        case .withdrawn(let run, let judgments, let people):
            "\(run): learned from \(judgments) judgments of \(NumberStyle.people(people)) who may no "
                + "longer be used (withdrawn or excluded); train it again without them: the same command with "
                + "--force in place of --resume"
        case .rowsChanged(let run, let store):
            "\(run): the rows that it began with cannot be made from \(store) any more; "
                + "train it again with --force"
        case .unknownTask(let project, let leftOut):
            "project '\(project)' does not exist, and no judgment in these rows says its task"
                + (leftOut.isEmpty ? "" : " (there are \(leftOut.counted))") + "; give --task"
        case .otherTask(let project, let task, let rows):
            "project '\(project)' asks people to \(task.rawValue), and these rows are for \(rows.rawValue); choose "
                + "another --project"
        }
    }

    private static func list(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.map { "'\($0)'" }.joined(separator: ", ")
    }
}

extension [String: Int] {
    /// Names with their counts, as in `drafts (2), suggestions (5)`.
    public var counted: String {
        sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
    }
}
