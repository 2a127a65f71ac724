import Datasets
import JSON

/// Judgments of pairs that are seen side by side (Lee et al., *RLAIF vs. RLHF*, 2024, section 2.1): each is asked about in both
/// orders, and the mean probability is kept as a soft label.
extension AnnotationPlan {
    /// Pairs, or answers, that are asked about between two looks at the progress.
    private static let batchSize = 16

    private struct Question {
        let row: ResponsesRow
        let pair: AnswerPair
    }

    func comparisons(
        of rows: [SourcedRow<ResponsesRow>], by comparing: any ComparingReward, _ asking: Asking,
        _ progress: (Int, Int) throws -> Void
    ) throws -> Comparisons {
        var result = Comparisons()
        result.flippedPairs = 0
        var questions: [Question] = []
        for (sourced, answers) in zip(rows, try inputs(of: rows, asking, progress)) {
            for (first, second) in pairs.pairs(of: answers.map(\.score)) {
                let pair = AnswerPair(answers[first].input, answers[second].input)
                if pair.first.isAlike(pair.second) {
                    result.identicalPairs += 1
                } else {
                    questions.append(Question(row: sourced.row, pair: pair))
                }
            }
        }
        for batch in questions.indices.chunked(Self.batchSize) {
            try progress(batch.startIndex, questions.count)
            let verdicts = try asking(batch.count) {
                try comparing.preferences(in: batch.map { questions[$0].pair })
                    .map { $0.map { [$0.forwards, $0.backwards] } }
            }
            for (index, verdict) in zip(batch, verdicts) {
                add(verdict, on: questions[index], by: comparing, to: &result)
            }
        }
        try progress(questions.count, questions.count)
        return result
    }

    /// Every row's answers; with their marks where these say which pairs are meant.
    private func inputs(
        of rows: [SourcedRow<ResponsesRow>], _ asking: Asking, _ progress: (Int, Int) throws -> Void
    ) throws -> [[ScoredResponse]] {
        guard pairs != .extremes else { return try scoredAnswers(of: rows, asking, progress) }
        return rows.map { sourced in
            sourced.row.rewardInputs(at: sourced.place).map { ScoredResponse(input: $0, score: 0) }
        }
    }

    /// Answers with their marks, asked for in batches.
    func marked(
        _ inputs: [RewardInput], _ asking: Asking, _ progress: (Int, Int) throws -> Void
    ) throws -> [ScoredResponse] {
        var scored: [ScoredResponse] = []
        for batch in inputs.chunked(Self.batchSize) {
            try progress(scored.count, inputs.count)
            let marks = try asking(batch.count) { try judge.scored(Array(batch)).map { [$0.score] } }
            scored += zip(batch, marks).compactMap { input, mark in
                mark?.first.map { ScoredResponse(input: input, score: $0) }
            }
        }
        try progress(scored.count, inputs.count)
        return scored
    }

    /// - Parameter verdict: the probability that the first answer is the better one, asked about in both orders.
    private func add(
        _ verdict: [Double]?, on question: Question,
        by comparing: any ComparingReward, to result: inout Comparisons
    ) {
        guard let verdict, let forwards = verdict.first, let backwards = verdict.last else {
            result.unjudgedPairs += 1
            return
        }
        let preference = (forwards + backwards) / 2
        guard preference != 0.5 else {
            result.tiedPairs += 1
            result.contradictedPairs += forwards == backwards ? 0 : 1
            return
        }
        let isFlipped = (forwards > 0.5) != (backwards > 0.5)
        result.flippedPairs = (result.flippedPairs ?? 0) + (isFlipped ? 1 : 0)
        let isFirst = (preference > 0.5) != judge.slips(on: question.pair)
        let row = question.row
        var extra = extra(of: row, [:])
        extra[SimulatedJudgment.principle] = comparing.principle(for: question.pair).map(JSONValue.string)
        if isFlipped { extra[SimulatedJudgment.flipped] = true }
        let answers = isFirst ? question.pair : question.pair.swapped
        result.rows.append(
            ComparisonRow(
                prompt: row.prompt, chosen: row.prompt.answer(answers.first.text),
                rejected: row.prompt.answer(answers.second.text),
                preference: max(preference, 1 - preference), context: context(of: row), extra: extra))
    }
}
