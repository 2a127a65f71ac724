import Errors
import Evaluation
import Files
import Foundation
import Runs
import Settings
import Verbs

/// Runs what of a study is not done yet, and writes its report.
public struct StudyRun {
    private let study: Study
    private let command: String
    private let progress: ProgressDisplay
    let folder: URL
    /// The store in which people compare the arms' answers; nil: nobody is asked now.
    private let people: String?
    private let started = ContinuousClock.now

    var plan: StudyPlan { study.plan }
    var file: StudyFile { study.file }

    /// - Parameters:
    ///   - command: what to type to run it again.
    ///   - people: the store in which they compare the arms' answers; nil: nobody is asked now.
    public init(_ study: Study, command: String, people: String? = nil, progress: ProgressDisplay) {
        (self.study, self.command, self.people, self.progress) = (study, command, people, progress)
        folder = URL(fileURLWithPath: study.output)
    }

    /// What is known of the stages so far.
    struct State {
        var seconds: [String: Double] = [:]
        /// The most bytes in memory, by stage.
        var memory: [String: Int] = [:]
        var failures: [(stage: String, reason: String)] = []

        /// Of a training; of an arm that trains nothing, of choosing its answers.
        func memory(of arm: StudyArm, _ training: String) -> Int? {
            let own = memory.filter { StudyPlan.isStage($0.key, of: arm, training) }
            return own.filter { StudyPlan.isModel($0.key, of: arm) }.values.max() ?? own.values.max()
        }

        func seconds(of arm: StudyArm, _ training: String) -> Double? {
            let known = seconds.filter { StudyPlan.isStage($0.key, of: arm, training) }
            return known.isEmpty ? nil : known.values.reduce(0, +)
        }

        func hasFailed(_ arm: StudyArm, _ training: String) -> Bool {
            failures.contains { StudyPlan.isStage($0.stage, of: arm, training) }
        }

        /// Why trainings of an arm failed, each reason once; that a measurement misses its model is none.
        func failures(of arm: StudyArm) -> [String] {
            let all = failures.filter { StudyPlan.isStage($0.stage, of: arm) }.map(\.reason)
            let own = failures.filter { StudyPlan.isModel($0.stage, of: arm) }.map(\.reason)
            return Set(own.isEmpty ? all : own).sorted()
        }
    }

    /// The trials of an arm that are still in the search, and all that were made.
    struct Search {
        let arm: StudyArm
        var alive: [Int]
        var made: [StudyInput.Trial] = []
        var chosen: [Setting] = []

        /// Whether there was something to choose, and nothing that could be.
        var isLost: Bool { !made.isEmpty && made.allSatisfy { $0.value == nil } }
    }

    /// - Throws: `Interrupted` where the user asked to stop; ``StageFailure`` where what all arms need failed. What is done
    ///   stays done. The failure of an arm is part of the report.
    public func run() throws -> StudyResult {
        let registration = try Registration(of: study.url, in: folder)
        for change in registration.changes {
            progress.note("changed since the registration, so exploratory: \(change.words)")
        }
        try writeIgnoredFiles()
        var state = State()
        var entries = try plan.groundwork()
        var searches = file.arms.map { arm in
            Search(arm: arm, alive: Array(plan.trials(of: arm).indices))
        }
        for rung in 0..<plan.rungs {
            for search in searches where rung == 0 || search.alive.count > 1 {
                entries += try search.alive.flatMap { try plan.trial($0, of: search.arm, rung: rung) }
            }
            try run(&entries, &state)
            for index in searches.indices where rung == 0 || searches[index].alive.count > 1 {
                try look(at: &searches[index], rung: rung, state)
            }
        }
        for search in searches where !search.isLost {
            for seed in 1...file.seeds {
                let stages = try plan.training(
                    "seed-\(seed)", of: search.arm, seed: file.seed + seed, chosen: search.chosen, on: "test")
                entries +=
                    try stages
                    + plan.capabilities(
                        of: search.arm, "seed-\(seed)", after: stages, seed: file.seed + seed)
            }
        }
        if let groups = file.groups { entries += try groupEntries(groups, searches) }
        try run(&entries, &state)
        var shares: [GroupsInput.Share] = []
        if let groups = file.groups {
            let worstOff = try worstOff(groups, searches, state)
            shares = worstOff.shares
            entries += worstOff.entries
            try run(&entries, &state)
        }
        var input = try input(searches, state, registration)
        input.groups = try file.groups.flatMap { try self.input(of: $0, shares, state) }
        let invitation = try addVotes(to: &input)
        let failures = input.arms.flatMap { arm in arm.failures.map { "\(arm.name): \($0)" } }
        return StudyResult(
            try input.write(to: folder), output: study.output, failures: failures + input.failures,
            invitation: invitation)
    }

    /// What people have said until now; those of a former call stay, wherever their store is.
    ///
    /// - Returns: how more of them can vote.
    private func addVotes(to input: inout StudyInput) throws -> String? {
        let place = folder.appending(path: "\(StudyPlan.measured)/\(StudyPlan.peopleName)")
        guard let people else {
            let isThere = FileSystem.exists(place.appending(path: StudyVotes.file))
            input.votes = isThere ? try StudyVotes(folder: place) : nil
            return nil
        }
        let duels = try StudyDuels(input, store: people)
        let votes = try duels.votes()
        try votes.write(to: place)
        input.votes = votes
        return duels.invitation
    }

    /// One recipe with all stages so far; those that are done are skipped, and those that fail are taken out.
    private func run(_ entries: inout [RecipeFile.Entry], _ state: inout State) throws {
        var failures: [StageFailure] = []
        let result = try RecipeRun(study.recipe(entries), command: command, progress: progress).run(
            later: later(than: entries)
        ) { failures.append($0) }
        let shared = failures.filter { failure in
            !file.arms.contains { failure.stage.contains("/\($0.name)/") }
        }
        // Without prompts, judgments or the start's answers there is no study.
        let needed = ["test", "validation"].map(StudyPlan.start) + file.preparation.map(\.name)
        if shared.contains(where: { needed.contains($0.stage) }) { throw shared[0] }
        for failure in failures { progress.note("\(failure); the study goes on without it") }
        entries.removeAll { entry in failures.contains { $0.stage == entry.name } }
        state.failures += failures.map { ($0.stage, "\($0.cause)") }
        for stage in result.stages {
            state.seconds[stage.name] = stage.seconds
            state.memory[stage.name] = stage.peakMemory
        }
    }

    /// The trainings that no recipe has yet.
    private func later(than entries: [RecipeFile.Entry]) -> [String: Int] {
        guard !entries.contains(where: { $0.name.hasSuffix("/seed-1") }) else { return [:] }
        var counts: [String: Int] = [:]
        for arm in file.arms {
            let stages = (try? plan.training("seed-1", of: arm, seed: 0, on: "test")) ?? []
            // The policy for the worst-off group comes after all others.
            let further = file.groups?.arm == arm.name ? file.seeds : 0
            for case let kind? in stages.map(\.likeness) { counts[kind, default: 0] += file.seeds + further }
        }
        return counts
    }

    // MARK: Choosing settings

    /// Keeps the best half of the trials, or the best.
    private func look(at search: inout Search, rung: Int, _ state: State) throws {
        let start = try ArmMeasurement(folder: folder.appending(path: StudyPlan.start("validation")))
        let settings = plan.trials(of: search.arm)
        var values: [(trial: Int, value: Double)] = []
        for trial in search.alive {
            let name = plan.trialName(trial, rung: rung)
            let measured = try measurement(of: search.arm, name, state)
            let value = measured.flatMap { criterion($0, against: start) }
            if let value { values.append((trial, value)) }
            search.made.append(
                StudyInput.Trial(
                    settings: settings[trial].words, updates: measured?.cost.updates ?? 0, value: value,
                    cost: measured?.cost ?? .init(), seconds: state.seconds(of: search.arm, name)))
        }
        let best = values.sorted { ($1.value, $0.trial) < ($0.value, $1.trial) }
        search.alive = best.prefix(plan.survivors(of: search.alive.count)).map(\.trial)
        guard let first = search.alive.first else { return }
        search.chosen = settings[first]
        let place = search.made.lastIndex { $0.settings == settings[first].words }
        for index in search.made.indices { search.made[index].isChosen = index == place }
    }

    private func criterion(_ measured: ArmMeasurement, against start: ArmMeasurement) -> Double? {
        let judge = file.judges[0].name
        switch file.search?.criterion ?? .winRate {
        case .winRate: return StudyInput.winRate(of: measured, against: start, judge: judge)
        case .score: return measured.meanScore(judge)
        case .proxy: return measured.meanProxy
        }
    }

    /// Nil where the stage failed.
    func measurement(
        of arm: StudyArm, _ training: String, _ state: State
    ) throws -> ArmMeasurement? {
        guard !state.hasFailed(arm, training) else { return nil }
        return try ArmMeasurement(folder: folder.appending(path: StudyPlan.measurement(of: arm, training)))
    }

    // MARK: The report

    private func input(
        _ searches: [Search], _ state: State, _ registration: Registration
    ) throws -> StudyInput {
        let arms = try searches.map { search -> StudyInput.Arm in
            let seeds = search.isLost ? [] : (1...file.seeds).map { "seed-\($0)" }
            let found = try seeds.compactMap { seed in
                try measurement(of: search.arm, seed, state).map { (seed, $0) }
            }
            return StudyInput.Arm(
                name: search.arm.name, description: describe(search), seeds: found.map(\.1),
                failures: state.failures(of: search.arm),
                trials: search.made, seconds: found.map { state.seconds(of: search.arm, $0.0) },
                peakMemory: found.map { state.memory(of: search.arm, $0.0) },
                capabilities: Dictionary(
                    uniqueKeysWithValues: file.capabilities.map { capability in
                        (
                            capability.name,
                            found.compactMap {
                                self.found(
                                    StudyPlan.measurement(of: capability, "\(search.arm.name)/\($0.0)"), state
                                )
                            }
                        )
                    }),
                isExploratory: registration.isExploratory(search.arm.name))
        }
        let rewardModel = folder.appending(path: "\(StudyPlan.rewardModelReport)/report.json")
        return StudyInput(
            title: file.name, command: command,
            start: try ArmMeasurement(folder: folder.appending(path: StudyPlan.start("test"))),
            startName: StudyPlan.startName, arms: arms, capabilities: file.capabilities.map(\.name),
            startCapabilities: Dictionary(
                uniqueKeysWithValues: file.capabilities.compactMap { capability in
                    found(StudyPlan.measurement(of: capability, StudyPlan.startName), state).map {
                        (capability.name, $0)
                    }
                }), judges: file.judges,
            criterion: file.search.map(\.criterion.description), budget: file.budget, analysis: file.analysis,
            registration: .init(
                date: registration.date, sha256: registration.sha256,
                changes: registration.changes.map(\.words)),
            rewardModel: FileSystem.exists(rewardModel)
                ? try Report(contentsOf: rewardModel).rewardModel : nil,
            methods: StudyMethods(file, registration).paragraphs,
            failures: state.failures.filter { failure in
                !file.arms.contains { StudyPlan.isStage(failure.stage, of: $0) }
            }.map { "\($0.stage): \($0.reason)" },
            seconds: state.seconds.values.reduce(0, +))
    }

    private func describe(_ search: Search) -> String {
        switch search.arm.kind {
        case .bestOf(let n):
            return "the best of \(n) answers of the start by the reward model; nothing is trained"
        case .trained(let stages):
            let parts = stages.map { "\($0.verb.name): \($0.settings.words)" }
            return parts.joined(separator: ", then ")
                + (search.chosen.isEmpty ? "" : "; found by the search: \(search.chosen.words)")
        }
    }

    /// Weights are not to be committed; what was measured is.
    private func writeIgnoredFiles() throws {
        let runs = file.preparation.filter { $0.verb.guide != nil }.map { "/\($0.name)/" }
        let lines = ["/\(StudyPlan.models)/", "/\(StudyPlan.measured)/**/arms/", ".lock"] + runs
        let place = folder.appending(path: ".gitignore")
        let text = lines.joined(separator: "\n") + "\n"
        guard (try? FileSystem.read(place)) != Data(text.utf8) else { return }
        try AtomicFile.write(Data(text.utf8), to: place)
    }
}

/// What a study left.
public struct StudyResult: Encodable {
    public let output: String
    /// The page to open.
    public let page: String
    public let summary: [String]
    public let failures: [String]
    /// How far people are; nil where nobody was asked.
    public let people: String?
    let report: StudyReport
    /// What lets them vote.
    private let invitation: String?

    private enum CodingKeys: String, CodingKey { case output, page, summary, failures, people }

    init(_ report: StudyReport, output: String, failures: [String], invitation: String? = nil) {
        self.report = report
        people = report.people?.progress
        self.invitation = invitation
        self.output = output
        page = "\(output)/\(StudyInput.page)"
        summary = report.summary
        self.failures = failures
    }

    /// For people.
    public var lines: [String] {
        summary + failures.map { "Failed: \($0)" } + [people].compactMap(\.self)
            + (invitation.map { ["Let people vote with \($0), and give the same command again"] } ?? [])
            + ["The report is \(page)"]
    }
}
