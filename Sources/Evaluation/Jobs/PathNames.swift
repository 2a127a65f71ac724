import Foundation
import Models
import Settings

/// What files and folders are called in a report that others read: never by their place on this machine.
struct PathNames {
    /// What lies below is named by its way from here.
    let workingFolder: URL
    /// What lies below is named as in the catalogue.
    let cache: URL

    init(
        workingFolder: URL = URL(fileURLWithPath: FileManager.default.currentDirectoryPath),
        cache: URL = CatalogueStore().home
    ) {
        self.workingFolder = workingFolder.standardizedFileURL
        self.cache = cache.standardizedFileURL
    }

    /// The name of the catalogue, the way from the working folder, or what the folder itself is called.
    func name(of path: String) -> String {
        guard path.hasPrefix("/") else { return path }
        let path = URL(fileURLWithPath: path).standardizedFileURL.path
        if let kept = Self.rest(of: path, below: cache) {
            return kept.split(separator: "/").dropFirst().joined(separator: "/")
        }
        return Self.rest(of: path, below: workingFolder) ?? NamedPath(path).name
    }

    private static func rest(of path: String, below folder: URL) -> String? {
        path.hasPrefix(folder.path + "/") ? String(path.dropFirst(folder.path.count + 1)) : nil
    }

    /// A text with the absolute paths in it named so, such as a command or what a stage said.
    func naming(in text: String) -> String {
        text.replacing(/(^|[\s='"“‘(,;:])(\/[^\s='"”’),;:\/]+(?:\/[^\s='"”’),;:\/]+)+)/) { match in
            let (before, path) = (match.output.1, match.output.2)
            let end = path.hasSuffix(".") ? "." : ""
            return before + name(of: String(path.dropLast(end.count))) + end
        }
    }

    /// Names what a report says of files.
    func rename(in report: inout Report) {
        report.command = naming(in: report.command)
        report.annotator.name = naming(in: report.annotator.name)
        report.annotator.description = naming(in: report.annotator.description)
        if let people = report.people { report.people?.store = naming(in: people.store) }
        for index in report.stages.indices {
            report.stages[index].detail = naming(in: report.stages[index].detail)
        }
        for note in [\Report.Notes.answers, \.perplexity, \.rewardModel] {
            report.notes[keyPath: note] = naming(in: report.notes[keyPath: note])
        }
    }
}
