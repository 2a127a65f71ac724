import Datasets
import Foundation
import Runs
import Settings

/// A data set as TRL's configuration files list them: `{path, split, columns, fraction}`.
public struct DatasetEntry: Codable, Sendable, Equatable {
    /// A JSON Lines file or a folder of them.
    public var path: String
    /// Only `train` is there: rows come from files.
    public var split: String?
    /// The columns that are read; nil: all.
    public var columns: [String]?
    /// Its share of the mixture; nil: all its rows are used.
    public var fraction: Double?
    /// What else the file says of it.
    private var unknownKeys: [String] = []

    public init(path: String, columns: [String]? = nil, fraction: Double? = nil) {
        self.path = path
        self.columns = columns
        self.fraction = fraction
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case path, split, columns, fraction
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        path = try container.decode(String.self, forKey: .path)
        split = try container.decodeIfPresent(String.self, forKey: .split)
        columns = try container.decodeIfPresent([String].self, forKey: .columns)
        fraction = try container.decodeIfPresent(Double.self, forKey: .fraction)
        unknownKeys = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
            .filter { CodingKeys(stringValue: $0) == nil }
    }

    fileprivate func validate() throws {
        let key = TrainingConfiguration.CodingKeys.datasets
        try InvalidSetting.check(
            unknownKeys.isEmpty, key,
            expected: "data sets of " + CodingKeys.allCases.map(\.rawValue).joined(separator: ", "),
            found: unknownKeys.joined(separator: ", "))
        try InvalidSetting.check(
            split == nil || split == "train", key,
            expected: "the split train, as rows come from files: name the file as path", found: split ?? "")
    }

    /// `chats.jsonl=0.7`: a path, or a path and its share.
    init(flag: String) {
        let parts = flag.split(separator: "=", omittingEmptySubsequences: false)
        if parts.count > 1, let share = parts.last.flatMap({ Double($0) }) {
            self.init(path: parts.dropLast().joined(separator: "="), fraction: share)
        } else {
            self.init(path: flag)
        }
    }
}

extension TrainingConfiguration {
    /// What the run learns from, with the shares of a mixture where there is one.
    /// - Throws: `InvalidSetting` for shares that make no mixture.
    public var trainingFiles: [DatasetEntry] {
        get throws {
            try InvalidSetting.check(
                train.isEmpty || datasets.isEmpty, CodingKeys.datasets,
                expected: "either train or datasets", found: "both")
            try datasets.forEach { try $0.validate() }
            let files = allFiles
            let shares = files.compactMap(\.fraction)
            let key = datasets.isEmpty ? CodingKeys.train : .datasets
            try InvalidSetting.check(
                shares.isEmpty || shares.count == files.count, key,
                expected: "a share for every file or for none",
                found: "\(shares.count) for \(files.count) files")
            for share in shares {
                try InvalidSetting.check(
                    share > 0 && share <= SettingRange.limit, key, expected: "shares above 0", found: share)
            }
            return files
        }
    }
}

extension TrainingConfiguration {
    /// The files and folders that the run learns from.
    public var trainingPaths: [String] { allFiles.map(\.path) }

    private var allFiles: [DatasetEntry] { train.map(DatasetEntry.init(flag:)) + datasets }
}

extension TrainingConfiguration {
    /// What is said of files with the same content, by whatever names they are given.
    func repeatedFiles() throws -> [String] {
        let learned = try JSONLines(trainingPaths.map { URL(fileURLWithPath: $0) }).files
        let heldOut = try JSONLines(evaluation.map { URL(fileURLWithPath: $0) }).files
        guard learned.count + heldOut.count > 1 else { return [] }
        var first: [String: (file: String, isLearned: Bool)] = [:]
        return try (learned.map { ($0, true) } + heldOut.map { ($0, false) }).compactMap { url, isLearned in
            let (hash, file) = (try ContentHash.sha256(of: url), url.relativePath)
            guard let other = first[hash] else {
                first[hash] = (file, isLearned)
                return nil
            }
            let what = file == other.file ? "\(file) is given twice" : "\(file) has the rows of \(other.file)"
            return switch (other.isLearned, isLearned) {
            case (true, true): "\(what): they are learned twice in an epoch"
            case (false, false): "\(what): they count twice in evaluations"
            default:
                "\(what), to learn and to evaluate on: evaluations say what was learned by heart, and nothing of other "
                    + "rows"
            }
        }
    }
}

extension [DatasetEntry] {
    /// The shares of a mixture; nil where all rows are used.
    package var shares: [Double]? {
        let shares = compactMap(\.fraction)
        return shares.isEmpty ? nil : shares
    }

    /// The files of each entry.
    /// - Parameter chatPrompts: whether plain text becomes messages.
    /// - Throws: `DataError` where a path leads nowhere, `InvalidSetting` where there is none.
    func lines(setting: String, chatPrompts: Bool) throws -> [JSONLines] {
        guard !isEmpty else {
            throw InvalidSetting.noFiles(setting)
        }
        return try map {
            try JSONLines(URL(fileURLWithPath: $0.path), columns: $0.columns, chatPrompts: chatPrompts)
        }
    }
}
