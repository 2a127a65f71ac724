import Feedback

/// Reports of projects for the live page: refreshed every few seconds however many pages ask, and not on the
/// threads that answer annotators.
actor StudyReports {
    private struct Entry {
        let report: Task<StudyReport, any Error>
        let startedAt: ContinuousClock.Instant
    }

    private let store: FeedbackStore
    private let lifetime: Duration
    private var entries: [Project.ID: Entry] = [:]

    /// - Parameter lifetime: how old a report may be.
    init(_ store: FeedbackStore, lifetime: Duration = .seconds(8)) {
        self.store = store
        self.lifetime = lifetime
    }

    func report(of project: Project.ID) async throws -> StudyReport {
        if let entry = entries[project], entry.startedAt.duration(to: .now) < lifetime {
            return try await entry.report.value
        }
        let report = Task.detached(priority: .utility) { [store] in
            // The transaction ends before the figures are computed.
            StudyReport(try await store.read { try $0.studyData(of: project) })
        }
        entries[project] = Entry(report: report, startedAt: .now)
        do {
            return try await report.value
        } catch {
            entries[project] = nil
            throw error
        }
    }
}
