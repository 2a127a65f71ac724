import Feedback

/// Puts the items of projects in the order of how informative they are, again as votes come in: after a pause, while
/// people ask for items.
actor PriorityKeeper {
    private let store: FeedbackStore
    private let pause: Duration
    private var startedAt: [Project.ID: ContinuousClock.Instant] = [:]
    private var running: [Project.ID: Task<Void, Never>] = [:]

    /// - Parameter pause: the least time between two updates.
    init(_ store: FeedbackStore, pause: Duration = .seconds(30)) {
        self.store = store
        self.pause = pause
    }

    /// Somebody asks for items of a project. They do not wait: a better order is for those who ask later.
    func asked(for project: Project.ID) {
        guard running[project] == nil else { return }
        if let last = startedAt[project], last.duration(to: .now) < pause { return }
        startedAt[project] = .now
        running[project] = Task(priority: .utility) {
            // What goes wrong here goes wrong for annotators too, who say so.
            try? await refresh(project)
            running[project] = nil
        }
    }

    /// Waits for what is under way.
    func settled(_ project: Project.ID) async { await running[project]?.value }

    private nonisolated func refresh(_ project: Project.ID) async throws {
        let priorities = try await store.read { try $0.priorities(in: project) }
        guard !priorities.isEmpty else { return }
        try await store.write(by: nil) { try $0.setPriorities(priorities) }
    }
}
