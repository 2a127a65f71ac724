import Synchronization

/// Shows how far the work is: a bar on a terminal, a plain line now and then elsewhere, or nothing.
///
/// Work inside work (an evaluation inside training) covers the outer bar until it ends. Safe to use from any
/// thread.
public final class ProgressDisplay: Sendable {
    public enum Style: Sendable {
        case bar, lines
        /// No progress, but notes, which say what becomes of settings and data.
        case notes
        case quiet

        fileprivate var showsProgress: Bool { self == .bar || self == .lines }
    }

    private struct Work {
        let identifier: Int
        var state: ProgressState
        let began: Duration
        var shown: Duration?
    }

    private struct Stage {
        let title: String
        let position: String
        let began: Duration
    }

    private struct State {
        var stage: Stage?
        var works: [Work] = []
        var nextIdentifier = 0
        /// What notes have been about that are said once.
        var topics: Set<String> = []
        var isBarDrawn = false
    }

    private let style: Style
    private let output: ProgressOutput
    private let now: @Sendable () -> Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - style: a bar on a terminal and lines elsewhere where it is `nil`.
    ///   - now: time since some fixed moment; never goes back.
    public init(
        style: Style? = nil, output: ProgressOutput = .standardError,
        now: @escaping @Sendable () -> Duration = ProgressDisplay.uptime
    ) {
        self.style = style ?? (output.isTerminal ? .bar : .lines)
        self.output = output
        self.now = now
    }

    public static let uptime: @Sendable () -> Duration = {
        let start = ContinuousClock.now
        return { ContinuousClock.now - start }
    }()

    /// Starts a stage of a recipe: a heading, and its position before the title of the work in it.
    public func beginStage(_ title: String, number: Int, of count: Int) {
        state.withLock { state in
            state.stage = Stage(title: title, position: "\(number)/\(count)", began: now())
            state.topics = []
            print("stage \(number) of \(count): \(title)", isNote: false, &state)
        }
    }

    public func finishStage() {
        state.withLock { state in
            guard let stage = state.stage else { return }
            state.stage = nil
            let seconds = Self.seconds(now() - stage.began)
            print(
                "stage \(stage.position) done in \(ProgressText.duration(seconds)): \(stage.title)",
                isNote: false, &state)
        }
    }

    /// Starts a piece of work.
    ///
    /// - Parameters:
    ///   - total: how much there is to do; `nil` where nobody knows.
    ///   - done: what an interrupted run had done already.
    public func begin(
        _ title: String, total: Int?, alreadyDone done: Int = 0, unit: ProgressUnit = .items
    ) -> ProgressBar {
        state.withLock { state in
            let identifier = state.nextIdentifier
            state.nextIdentifier += 1
            let title = (state.stage.map { $0.position + " " } ?? "") + title
            let progress = ProgressState(title: title, total: total, unit: unit, initial: done, done: done)
            state.works.append(Work(identifier: identifier, state: progress, began: now()))
            if style == .bar { show(state.works.count - 1, &state) }
            return ProgressBar(display: self, identifier: identifier)
        }
    }

    /// A line that stays, above the bar: what users should know, of whom only ``Style/quiet`` wants to hear nothing.
    public func note(_ line: String) {
        state.withLock { print(line, isNote: true, &$0) }
    }

    /// A line that stays, above the bar, and says no more than how far the work is.
    public func report(_ line: String) {
        state.withLock { print(line, isNote: false, &$0) }
    }

    /// The same, where nothing about `topic` was said before, or not in this stage of a recipe: work inside work finds the
    /// same again.
    public func note(_ line: String, onceAbout topic: String) {
        state.withLock { state in
            if state.topics.insert(topic).inserted { print(line, isNote: true, &state) }
        }
    }

    // MARK: For ProgressBar

    /// - Parameter line: the metrics of a line that stays; nil: what is shown is shown by the clock.
    func update(
        _ identifier: Int, line: [MetricsRecord.Metric]?, _ change: (inout ProgressState) -> Void
    ) {
        state.withLock { state in
            guard let index = state.works.firstIndex(where: { $0.identifier == identifier }) else { return }
            change(&state.works[index].state)
            state.works[index].state.seconds = Self.seconds(now() - state.works[index].began)
            if let line {
                state.works[index].shown = now()
                print(state.works[index].state.line(withMeans: line), isNote: false, &state)
                return
            }
            let isDue = state.works[index].shown.map { now() - $0 >= interval } ?? true
            if isDue, index == state.works.count - 1 { show(index, &state) }
        }
    }

    func end(_ identifier: Int, showingSummary: Bool) {
        state.withLock { state in
            guard let index = state.works.firstIndex(where: { $0.identifier == identifier }) else { return }
            var work = state.works.remove(at: index)
            work.state.seconds = Self.seconds(now() - work.began)
            clearBar(&state)
            if showingSummary, style.showsProgress { output.write(work.state.summary + "\n") }
            redraw(&state)
        }
    }

    // MARK: Drawing

    private var interval: Duration { style == .bar ? .milliseconds(100) : .seconds(10) }

    private func show(_ index: Int, _ state: inout State) {
        state.works[index].shown = now()
        switch style {
        case .bar: drawBar(state.works[index].state, &state)
        case .lines: output.write(state.works[index].state.line() + "\n")
        case .notes, .quiet: break
        }
    }

    private func print(_ line: String, isNote: Bool, _ state: inout State) {
        guard style.showsProgress || isNote && style == .notes else { return }
        clearBar(&state)
        output.write(line + "\n")
        redraw(&state)
    }

    private func redraw(_ state: inout State) {
        if style == .bar, let work = state.works.last { drawBar(work.state, &state) }
    }

    /// Leaves the last column free, where some terminals go on to the next line.
    private func drawBar(_ progress: ProgressState, _ state: inout State) {
        output.write("\r" + progress.bar(width: output.width() - 1) + "\u{1B}[K")
        state.isBarDrawn = true
    }

    private func clearBar(_ state: inout State) {
        guard state.isBarDrawn else { return }
        output.write("\r\u{1B}[K")
        state.isBarDrawn = false
    }

    private static func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }
}

/// One piece of work on a ``ProgressDisplay``. Released without ``finish()``, as by an error, it vanishes
/// from the screen.
public final class ProgressBar: Sendable {
    private let display: ProgressDisplay
    private let identifier: Int

    init(display: ProgressDisplay, identifier: Int) {
        self.display = display
        self.identifier = identifier
    }

    deinit { display.end(identifier, showingSummary: false) }

    /// - Parameters:
    ///   - done: of the total, what was done already included.
    ///   - tokens: tokens worked on since this began; the rate is theirs where there are any.
    ///   - metrics: the two or three numbers that matter.
    ///   - line: such numbers for a line that stays, above the bar; nil: none is due.
    public func update(
        _ done: Int, tokens: Int = 0, metrics: [MetricsRecord.Metric] = [],
        line: [MetricsRecord.Metric]? = nil
    ) {
        display.update(identifier, line: line) { state in
            state.done = done
            state.tokens = tokens
            state.metrics = metrics
        }
    }

    /// Replaces the bar by a line that says what was done.
    public func finish() { display.end(identifier, showingSummary: true) }
}
