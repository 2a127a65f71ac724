import Errors
import Evaluation
import Foundation
import Runs
import Settings
import Verbs

/// A study of one model, or the same study of several: each in a folder of its own below the output, and one page of all.
public struct StudySeries {
    /// With the model's name where there are several.
    public let studies: [(model: String?, study: Study)]
    private let output: URL

    /// - Throws: what is wrong with the file, as ``Study`` says it.
    public init(
        contentsOf url: URL, overrides: [ConfigurationOverride] = [], verbs: [Verb] = Verb.all
    ) throws {
        let names = try StudyFile.modelNames(in: url)
        studies = try (names.map { $0.map(Optional.some) } ?? [nil]).map { name in
            (name, try Study(contentsOf: url, model: name, overrides: overrides, verbs: verbs))
        }
        let first = URL(fileURLWithPath: studies[0].study.output)
        output = names == nil ? first : first.deletingLastPathComponent()
    }

    /// What all stages of all studies would do.
    public var settings: String {
        get throws { try studies.map { try $0.study.settings }.joined(separator: "\n") }
    }

    /// Runs what is not done yet, one study after the other, and writes the page of all.
    ///
    /// - Throws: as ``StudyRun/run()``.
    public func run(
        command: String, people: String? = nil, progress: ProgressDisplay
    ) throws -> StudySeriesResult {
        let results = try studies.map { model, study in
            if let model { progress.note("the study of \(model)") }
            return try StudyRun(study, command: command, people: people, progress: progress).run()
        }
        let reports = zip(studies, results).compactMap { entry, result in
            entry.model.map { (name: $0, report: result.report) }
        }
        guard let title = reports.first?.report.title else {
            return StudySeriesResult(results: results, sizes: nil, page: nil)
        }
        let sizes = StudySizes(
            title: title.components(separatedBy: ", ").first ?? title, command: command, reports)
        try sizes.write(to: output)
        return StudySeriesResult(
            results: results, sizes: sizes.sentence,
            page: "\(output.relativePath)/\(StudyInput.page)")
    }
}

/// What a study, or the same study of several models, left.
public struct StudySeriesResult: Encodable {
    public let results: [StudyResult]
    /// What holds with all models; nil where there is one.
    let sizes: String?
    let page: String?

    /// One study as ``StudyResult``, several as what holds and each of them.
    public func encode(to encoder: any Encoder) throws {
        guard let sizes, let page else {
            try results.first?.encode(to: encoder)
            return
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(page, forKey: .page)
        try container.encode(sizes, forKey: .summary)
        try container.encode(results, forKey: .studies)
    }

    private enum CodingKeys: String, CodingKey { case page, summary, studies }

    /// For people.
    public var lines: [String] {
        results.flatMap(\.lines) + [sizes].compactMap(\.self)
            + (page.map { ["The page of all is \($0)"] } ?? [])
    }
}
