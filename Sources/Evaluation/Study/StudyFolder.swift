import Files
import Foundation

extension StudyInput {
    /// Writes everything that a study says into its folder.
    ///
    /// - Returns: what was found.
    @discardableResult
    public func write(to folder: URL) throws -> StudyReport {
        let report = StudyAnalysis(self).report()
        let json = try report.json()
        try AtomicFile.write(
            Data(StudyTable(self).text.utf8), to: folder.appending(path: "measurements.csv"))
        if let groups {
            try AtomicFile.write(
                Data(StudyTable(groups, startName: startName).text.utf8),
                to: folder.appending(path: "groups.csv"))
        }
        try AtomicFile.write(json, to: folder.appending(path: "study.json"))
        // By the name that reports have everywhere.
        try AtomicFile.write(json, to: folder.appending(path: "report.json"))
        try AtomicFile.write(Data(report.html().utf8), to: folder.appending(path: Self.page))
        return report
    }

    public static let page = "study.html"

    /// How often the first arm's answers beat the second's by a judge, over all prompts; nil where nothing was judged.
    public static func winRate(
        of arm: ArmMeasurement, against other: ArmMeasurement, judge: String
    ) -> Double? {
        ArmOutcomes([arm], against: [other], judge: judge).flatMap { outcomes in
            outcomes.prompts.reduce(0, +) / Double(outcomes.prompts.count)
        }
    }
}
