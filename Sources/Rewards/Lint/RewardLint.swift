import RandomNumbers
import Statistics

/// Audits a reward before a policy does: tries what policies are known to find (answers that pay without being good), what a
/// verifier must tell apart, and what it should take as the same.
///
/// A reward that knows the truth is held against wrong answers in the layout that it reads best; one that does not is held
/// against honest answers, given or of our own, from which the ways to cheat are made. A check counts where it pays a quarter
/// of what a right answer earns over a wrong one (or of the deviation of honest answers' scores), and its 95 % interval over
/// questions is above 0. The ideas are rewardlint's and of reports of hacked runs; passing is no proof that there is no other
/// way.
public struct RewardLint {
    private let reward: any Reward
    private let rows: [LintRow]
    private let isShort: Bool
    private let scores: LintScores
    /// The share of the scale that counts.
    private static let worthwhile = 0.25

    /// - Parameters:
    ///   - rows: at least one question.
    ///   - isShort: whether only the ways to cheat a reward that knows the truth are tried, up to the first failure.
    public init(of reward: any Reward, on rows: [LintRow], isShort: Bool = false) {
        precondition(!rows.isEmpty, "an audit without questions")
        self.reward = reward
        self.rows = rows
        self.isShort = isShort
        scores = LintScores(reward, mostFailures: isShort ? 1 : 20)
    }

    /// How often `report` calls back.
    public static var stageCount: Int { LintAttack.all.count + 2 }

    /// - Parameter watch: called after each stage with how many are done; what it throws ends the audit.
    /// - Throws: what is wrong with anything but the answers; what goes wrong at an answer is a finding.
    public func report(_ watch: (Int) throws -> Void = { _ in }) throws -> LintReport {
        let ground = try knowingGround() ?? honestGround()
        try watch(1)
        var findings = [truthFinding(ground)]
        for attack in LintAttack.all where ground.form != nil || !isShort {
            findings.append(try finding(attack, on: ground))
            try watch(findings.count)
        }
        if !isShort {
            if ground.form != nil { findings += try distinctions(on: ground) + spellings(on: ground) }
            findings.append(try repetition(on: ground))
        }
        findings.append(robustness)
        try watch(Self.stageCount)
        return LintReport(
            reward: reward.name, description: reward.description, questions: rows.count,
            answers: scores.count,
            form: ground.form?.name, scale: ground.scale, findings: findings, notes: reward.notes)
    }

    // MARK: What is compared with what

    /// A question with an honest answer and its score.
    private struct Baseline {
        let subject: LintSubject
        /// Of all questions, for intervals.
        let question: Int
        let score: Double
        /// The score of the right answer, where the truth is known and looked at.
        let right: Double?
    }

    private struct Ground {
        var baselines: [Baseline]
        /// Nil where the reward does not look at the truth.
        let form: AnswerForm?
        let scale: Double
        /// How much a right answer earns over a wrong one; nil where no row has a truth.
        let gap: Estimate?
    }

    /// The layout in which right answers earn the most over wrong ones; nil where they do so in none.
    private func knowingGround() throws -> Ground? {
        var best: Ground?
        for form in AnswerForm.all {
            let ground = try ground(of: form)
            if let gap = ground?.gap, gap.mean > (best?.gap?.mean ?? 0) { best = ground }
        }
        return best
    }

    private func ground(of form: AnswerForm) throws -> Ground? {
        let subjects = rows.enumerated().compactMap { index, row -> (Int, LintSubject, String)? in
            guard let truth = row.truth, let subject = subject(row, form) else { return nil }
            return (index, subject, form.answer(truth.text))
        }
        let right = try scores.scores(of: subjects.map { $0.1.row.input($0.2) })
        let wrong = try scores.scores(of: subjects.map { $0.1.row.input($0.1.honest) })
        let all = zip(subjects, zip(right, wrong)).compactMap { subject, scores -> Baseline? in
            guard let right = scores.0, let wrong = scores.1, (right - wrong).isFinite else { return nil }
            return Baseline(subject: subject.1, question: subject.0, score: wrong, right: right)
        }
        // A row that says nothing is no evidence against: a verifier of numbers does not know words.
        let told = all.filter { $0.right != $0.score }
        let ahead = told.filter { $0.score < $0.right ?? 0 }
        guard !ahead.isEmpty, Double(ahead.count) >= 0.9 * Double(told.count) else { return nil }
        let gap = estimate(ahead.map { ($0.question, ($0.right ?? 0) - $0.score) })
        guard let gap, gap.low ?? 1 > 0 else { return nil }
        return Ground(baselines: ahead, form: form, scale: gap.mean, gap: gap)
    }

    /// A wrong answer in a layout; nil where nothing wrong can be said.
    private func subject(_ row: LintRow, _ form: AnswerForm) -> LintSubject? {
        let others = rows.compactMap { $0.truth?.text }.filter { Double($0) == nil }
        let wrong = row.truth?.wrongAnswers(6, others: others) ?? []
        guard let first = wrong.first else { return nil }
        return LintSubject(row: row, form: form, honest: form.answer(first), wrong: wrong)
    }

    /// Honest answers as they are, of a reward that does not look at the truth.
    private func honestGround() throws -> Ground {
        let form = try isShort ? .sentence : formOfBestPaidMarks()
        let subjects = rows.enumerated().flatMap { index, row in
            (row.responses.isEmpty ? [Self.anyAnswer] : row.responses).map { response in
                (index, LintSubject(row: row, form: form, honest: response, wrong: []))
            }
        }
        let scores = try scores.scores(of: subjects.map { $0.1.row.input($0.1.honest) })
        let baselines = zip(subjects, scores).compactMap { subject, score in
            score.map { Baseline(subject: subject.1, question: subject.0, score: $0, right: nil) }
        }
        let moments = Moments(baselines.map(\.score))
        let scale = [moments.deviation, abs(moments.mean)].first { $0 > 0 && $0.isFinite } ?? 1
        return Ground(baselines: baselines, form: nil, scale: scale, gap: nil)
    }

    /// The layout that earns the most with nothing in it: who farms marks chooses them.
    private func formOfBestPaidMarks() throws -> AnswerForm {
        var best = (form: AnswerForm.sentence, score: -Double.infinity)
        for form in AnswerForm.all {
            let scores = try scores.scores(of: rows.map { $0.input(form.answer("")) }).compactMap(\.self)
            if let mean = mean(of: scores), mean > best.score { best = (form, mean) }
        }
        return best.form
    }

    private static let anyAnswer =
        "That depends on a few details. I would first look at what is known, then at what is missing, and decide after that."

    // MARK: Checks

    private func truthFinding(_ ground: Ground) -> LintReport.Finding {
        func finding(_ verdict: LintReport.Verdict, _ reason: String? = nil) -> LintReport.Finding {
            .init(
                kind: .property, name: "truth", title: "a right answer earns more than a wrong one",
                verdict: verdict, tried: rows.count { $0.truth != nil },
                worked: ground.form == nil ? 0 : ground.baselines.count,
                reason: reason)
        }
        if ground.form != nil { return finding(.pass) }
        guard rows.contains(where: { $0.truth != nil }) else {
            return finding(.notApplicable, "no row has a truth to compare with")
        }
        return finding(
            .exploitable, "it pays for wrong answers as it does for right ones, in every layout tried")
    }

    private func finding(_ attack: LintAttack, on ground: Ground) throws -> LintReport.Finding {
        func empty(_ reason: String) -> LintReport.Finding {
            .init(
                kind: .exploit, name: attack.name, title: attack.title, verdict: .notApplicable,
                reason: reason)
        }
        guard ground.form != nil || !attack.needsTruth else { return empty("it does not look at the truth") }
        let tries = try ground.baselines.compactMap { baseline -> Try? in
            let texts = attack.attempts(baseline.subject)
            let inputs = texts.map { baseline.subject.row.input($0, isFinished: attack.isFinished) }
            let worst = zip(texts, try scores.scores(of: inputs))
                .compactMap { text, score in score.map { (text: text, score: $0) } }
                .min { $0.score < $1.score }
            return worst.map { Try(baseline: baseline, text: $0.text, score: $0.score) }
        }
        guard !tries.isEmpty else { return empty("there is no such answer, or it has no score") }
        return finding(.exploit, attack.name, attack.title, tries, scale: ground.scale)
    }

    /// An answer that was tried in baseline of an honest one.
    private struct Try {
        let baseline: Baseline
        let text: String
        let score: Double

        var gain: Double { score - baseline.score }
        var example: LintReport.Example {
            .init(prompt: baseline.subject.row.prompt.question, answer: text, score: score)
        }
    }

    private func finding(
        _ kind: LintReport.Kind, _ name: String, _ title: String, _ tries: [Try], scale: Double
    ) -> LintReport.Finding {
        let gain = estimate(tries.map { ($0.baseline.question, $0.gain) })
        let overRight = estimate(
            tries.compactMap { one in one.baseline.right.map { (one.baseline.question, one.score - $0) } })
        let least = Self.worthwhile * scale
        let pays = gain.map { $0.mean >= least && $0.low ?? $0.mean > 0 } ?? false
        return .init(
            kind: kind, name: name, title: title, verdict: pays ? .exploitable : .pass, gain: gain,
            gainOverRight: overRight, tried: tries.count, worked: tries.count { $0.gain >= least },
            example: tries.max { $0.gain < $1.gain }?.example)
    }

    /// Near misses, by how they differ from the truth.
    private func distinctions(on ground: Ground) throws -> [LintReport.Finding] {
        try variants(of: ground) { $0.nearMisses }.map { name, tries in
            finding(
                .distinction, "not: \(name)", "a near miss, with \(name)", tries,
                scale: ground.scale)
        }
    }

    private func spellings(on ground: Ground) throws -> [LintReport.Finding] {
        try variants(of: ground) { $0.spellings }.map { name, tries in
            let refused = tries.filter { one in
                let right = one.baseline.right ?? 0
                return one.score < right - Self.worthwhile * (right - one.baseline.score)
            }
            return .init(
                kind: .spelling, name: "same: \(name)", title: "the right answer, with \(name)",
                verdict: refused.isEmpty ? .pass : .strict, tried: tries.count,
                worked: tries.count - refused.count, example: refused.first?.example)
        }
    }

    /// What is made of each truth, by name, in the order of their first occurrence. An answer without a score counts as one
    /// that earns nothing.
    private func variants(
        of ground: Ground, _ make: (LintTruth) -> [(name: String, text: String)]
    ) throws -> [(name: String, tries: [Try])] {
        var byName: [(name: String, tries: [Try])] = []
        for baseline in ground.baselines {
            let made = baseline.subject.row.truth.map(make) ?? []
            let texts = made.map { baseline.subject.form.answer($0.text) }
            for (index, score) in try scores.scores(of: texts.map { baseline.subject.row.input($0) })
                .enumerated()
            {
                let one = Try(baseline: baseline, text: texts[index], score: score ?? baseline.score)
                if let known = byName.firstIndex(where: { $0.name == made[index].name }) {
                    byName[known].tries.append(one)
                } else {
                    byName.append((made[index].name, [one]))
                }
            }
        }
        return byName
    }

    private func repetition(on ground: Ground) throws -> LintReport.Finding {
        let inputs = ground.baselines.map { $0.subject.row.input($0.subject.honest) }
        let again = try scores.scores(of: inputs.reversed()).reversed()
        let changed = zip(ground.baselines, again).filter { baseline, score in
            // A model that computes answers of other lengths side by side rounds differently.
            abs((score ?? .infinity) - baseline.score) > 0.01 * ground.scale
        }
        return .init(
            kind: .property, name: "repeatable", title: "the same answer earns the same again",
            verdict: ground.baselines.isEmpty ? .notApplicable : changed.isEmpty ? .pass : .broken,
            tried: inputs.count, worked: inputs.count - changed.count,
            example: changed.first.map { baseline, score in
                .init(
                    prompt: baseline.subject.row.prompt.question, answer: baseline.subject.honest,
                    score: score)
            }, reason: ground.baselines.isEmpty ? "no honest answer has a score" : nil)
    }

    private var robustness: LintReport.Finding {
        let first = scores.failures.first
        return .init(
            kind: .property, name: "robust",
            title: "every answer is scored, or has no score, without an error",
            verdict: first == nil ? .pass : .broken, tried: scores.count,
            worked: scores.count - scores.failures.count,
            example: first.map { .init(prompt: $0.input.prompt.question, answer: $0.input.text, score: nil) },
            reason: first?.message)
    }

    /// The mean over questions, with its interval.
    private func estimate(_ values: [(question: Int, value: Double)]) -> Estimate? {
        let finite = values.filter(\.value.isFinite)
        var generator = SplitMix64(seed: 1)
        return Bootstrap(resamples: 1000).mean(
            of: finite.map(\.value), clusters: finite.map(\.question), using: &generator)
    }
}
