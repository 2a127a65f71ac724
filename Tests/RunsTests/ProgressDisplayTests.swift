import Synchronization
import Testing

@testable import Runs

/// What a display wrote, under a clock that the test turns.
private final class Screen: Sendable {
    private let state = Mutex((text: "", seconds: 0.0, width: 80))
    let isTerminal: Bool

    init(isTerminal: Bool) { self.isTerminal = isTerminal }

    func display(_ style: ProgressDisplay.Style? = nil) -> ProgressDisplay {
        let output = ProgressOutput(
            isTerminal: isTerminal, width: { self.state.withLock { $0.width } },
            write: { text in self.state.withLock { $0.text += text } })
        return ProgressDisplay(style: style, output: output) { .seconds(self.state.withLock { $0.seconds }) }
    }

    func wait(_ seconds: Double) { state.withLock { $0.seconds += seconds } }
    func resize(to width: Int) { state.withLock { $0.width = width } }

    /// What was written since the last call; `<` stands for "back to the first column", `|` for "clear the
    /// rest".
    func taken() -> String {
        state.withLock { state in
            defer { state.text = "" }
            return state.text.replacing("\r", with: "<").replacing("\u{1B}[K", with: "|")
        }
    }
}

@Suite struct ProgressDisplayTests {
    @Test func aBarFromBeginToEnd() {
        let screen = Screen(isTerminal: true)
        let bar = screen.display().begin("training", total: 400)
        #expect(screen.taken() == "<training  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  0/400|")
        screen.wait(60)
        bar.update(120, tokens: 74_040, metrics: [.init("loss", 0.43214), .init("lr", 1e-6)])
        #expect(
            screen.taken()
                == "<training  ████░░░░░░░░░░  120/400  1,234 tok/s  ETA 2:20  loss 0.4321  lr 1e-06|")
        screen.wait(140)
        bar.update(400, tokens: 246_800, metrics: [.init("loss", 0.25)])
        _ = screen.taken()
        bar.finish()
        #expect(screen.taken() == "<|training: 400/400 in 3:20, 1,234 tok/s, last step: loss 0.25\n")
    }

    @Test func drawsTenTimesASecondAtMost() {
        let screen = Screen(isTerminal: true)
        let bar = screen.display().begin("x", total: 10)
        _ = screen.taken()
        screen.wait(0.05)
        bar.update(1)
        #expect(screen.taken() == "")
        screen.wait(0.05)
        bar.update(2)
        #expect(screen.taken().contains("2/10"))
    }

    @Test func narrowWindowsLoseWhatMattersLeast() {
        let state = ProgressState(
            title: "training", total: 400, unit: .items, initial: 0, done: 100, tokens: 1000,
            metrics: [.init("loss", 0.5), .init("kl", 2)], seconds: 10)
        for width in 0..<120 { #expect(state.bar(width: width).count <= width) }
        #expect(state.bar(width: 60) == "training  ██░░░░░░░░░  100/400  100 tok/s  ETA 30s  loss 0.5")
    }

    @Test func theWidthIsAskedAgain() {
        let screen = Screen(isTerminal: true)
        let bar = screen.display().begin("training", total: 400)
        _ = screen.taken()
        screen.resize(to: 20)
        screen.wait(1)
        bar.update(10)
        #expect(screen.taken() == "<training  10/400|")
    }

    @Test func plainLinesElsewhere() {
        let screen = Screen(isTerminal: false)
        let bar = screen.display().begin("training", total: 400)
        #expect(screen.taken() == "")
        screen.wait(1)
        bar.update(1, metrics: [.init("loss", 2)])
        #expect(screen.taken() == "training: 1/400 (0 %), 1/s, ETA 6:39, loss 2\n")
        for step in 2...10 {
            screen.wait(1)
            bar.update(step)
        }
        #expect(screen.taken() == "")
        screen.wait(1)
        bar.update(11)
        #expect(screen.taken() == "training: 11/400 (2 %), 1/s, ETA 6:29\n")
        bar.finish()
        #expect(screen.taken() == "training: 11/400 in 11s, 1/s\n")
    }

    /// A line that is due stays, whatever the clock says, with numbers of its own.
    @Test func linesThatAreDue() {
        let file = Screen(isTerminal: false)
        let logged = file.display().begin("training", total: 4)
        logged.update(1, metrics: [.init("loss", 9)], line: [.init("loss", 5)])
        logged.update(2, metrics: [.init("loss", 8)])
        logged.update(3, metrics: [.init("loss", 7)], line: [.init("loss", 6)])
        #expect(file.taken() == "training: 1/4 (25 %), mean: loss 5\ntraining: 3/4 (75 %), mean: loss 6\n")
        let terminal = Screen(isTerminal: true)
        let bar = terminal.display().begin("training", total: 4)
        _ = terminal.taken()
        bar.update(1, metrics: [.init("loss", 9)], line: [.init("loss", 5)])
        #expect(
            terminal.taken()
                == "<|training: 1/4 (25 %), mean: loss 5\n<training  ███████░░░░░░░░░░░░░░░░░░░░░░░  1/4  loss 9|"
        )
        let silent = Screen(isTerminal: false)
        silent.display(.quiet).begin("training", total: 4).update(1, line: [.init("loss", 5)])
        #expect(silent.taken() == "")
    }

    @Test(arguments: [(ProgressDisplay.Style.quiet, ""), (.notes, "hello\n")])
    func quietIsQuiet(style: ProgressDisplay.Style, notes: String) {
        let screen = Screen(isTerminal: true)
        let display = screen.display(style)
        display.beginStage("sampling", number: 1, of: 2)
        let bar = display.begin("x", total: 2)
        display.note("hello")
        display.report("far")
        screen.wait(20)
        bar.update(1)
        bar.finish()
        display.finishStage()
        #expect(screen.taken() == notes)
    }

    @Test func stagesOfARecipe() {
        let screen = Screen(isTerminal: false)
        let display = screen.display()
        display.beginStage("sampling responses", number: 3, of: 9)
        let bar = display.begin("sampling", total: 10)
        screen.wait(75)
        bar.update(10, tokens: 750)
        bar.finish()
        display.finishStage()
        #expect(
            screen.taken() == """
                stage 3 of 9: sampling responses
                3/9 sampling: 10/10 (100 %), 10 tok/s
                3/9 sampling: 10/10 in 1:15, 10 tok/s
                stage 3/9 done in 1:15: sampling responses

                """)
    }

    @Test func notesAndInnerWorkKeepTheBar() {
        let screen = Screen(isTerminal: true)
        screen.resize(to: 30)
        let display = screen.display()
        let outer = display.begin("train", total: nil)
        #expect(screen.taken() == "<train  0|")
        display.note("a note")
        #expect(screen.taken() == "<|a note\n<train  0|")
        let inner = display.begin("eval", total: nil)
        screen.wait(1)
        outer.update(5)
        #expect(screen.taken() == "<eval  0|")
        inner.finish()
        #expect(screen.taken() == "<|eval: 0 in 1s\n<train  5  5/s|")
    }

    @Test func abandonedWorkVanishes() {
        let screen = Screen(isTerminal: true)
        var bar: ProgressBar? = screen.display().begin("x", total: nil)
        withExtendedLifetime(bar) { _ = screen.taken() }
        bar = nil
        #expect(screen.taken() == "<|")
    }

    @Test func whatWasDoneBeforeIsNotInTheRate() {
        let screen = Screen(isTerminal: false)
        let bar = screen.display().begin("training", total: 100, alreadyDone: 80)
        screen.wait(10)
        bar.update(90)
        #expect(screen.taken() == "training: 90/100 (90 %), 1/s, ETA 10s\n")
    }

    @Test func bytes() {
        let screen = Screen(isTerminal: false)
        let bar = screen.display().begin("model", total: 93_000_000, unit: .bytes)
        screen.wait(2)
        bar.update(24_600_000)
        #expect(screen.taken() == "model: 24.6/93.0 MB (26 %), 12.3 MB/s, ETA 6s\n")
    }

    @Test func manyThreads() async {
        let screen = Screen(isTerminal: true)
        let display = screen.display()
        let bar = display.begin("x", total: 800)
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    for step in 0..<100 {
                        screen.wait(0.01)
                        bar.update(thread * 100 + step, tokens: 1, metrics: [.init("loss", 1)])
                        if step == 50 { display.note("note") }
                    }
                }
            }
        }
        bar.finish()
        let lines = screen.taken().split(separator: "\n")
        #expect(lines.count == 9)
        #expect(lines.dropLast().allSatisfy { $0.hasSuffix("<|note") })
    }

    @Test(arguments: [
        (0.4, "0s"), (59.4, "59s"), (60, "1:00"), (130, "2:10"), (3753, "1:02:33"),
        (.infinity, "a long time"),
    ])
    func durations(_ seconds: Double, _ text: String) { #expect(ProgressText.duration(seconds) == text) }

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
    func grouping(_ value: Int, _ text: String) { #expect(ProgressText.grouped(value) == text) }
}
