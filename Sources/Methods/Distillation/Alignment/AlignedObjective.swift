import Datasets
import LanguageModels
import Torch
import Training

extension Distillation {
    /// The loss of answers by the spans that student and teacher spell alike: a mean over all spans of the window.
    struct AlignedObjective: RowObjective {
        let model: LanguageModel
        /// None where the rows bring what their teacher says.
        let teachers: [LanguageModel]
        let teacherOfDataSet: [Int]
        let alignment: Configuration.Alignment
        /// Of each teacher beside the student.
        let vocabularies: [GOLD.Vocabularies]
        let configuration: Configuration

        func measure(_ batch: [DistillationRow], in window: [[DistillationRow]]) -> MeasuredLoss {
            let groups = (0..<max(1, teachers.count)).map { teacher in
                batch.filter { teacherOfDataSet[$0.dataSet] == teacher }
            }
            // Rows of one teacher lie side by side.
            let batch = groups.flatMap { $0 }
            let packed = PackedBatch(batch.map(\.sequence.tokens))
            let student = model.tokenLikelihoods(of: packed, counts: batch.flatMap(\.sequence.counts))
            var first = 0
            var (losses, gaps, aligned) = ([Tensor](), [Tensor](), 0)
            for (teacher, rows) in groups.enumerated() where !rows.isEmpty {
                let spans = spans(of: rows, from: first)
                first += rows.reduce(0) { $0 + $1.countedTokens }
                guard !spans.isEmpty else { continue }
                aligned += spans.reduce(0) { $0 + $1.student.count }
                let scores = teachers.isEmpty ? nil : likelihoods(of: rows, by: teachers[teacher])
                let said =
                    scores?.logProbabilities
                    ?? Tensor(rows.flatMap { $0.aligned?.logProbabilities ?? [] }, on: model.device)
                let own = Self.summed(student.logProbabilities, over: spans.map(\.student))
                let others = Self.summed(said, over: spans.map(\.teacher))
                gaps.append((others - own.detached()).magnitude())
                losses += self.losses(
                    spans, (own, others), (student, batch.flatMap(\.sequence.scoredTokens)), (scores, rows),
                    teacher)
            }
            return MeasuredLoss(
                loss: loss(losses, student, batch, in: window),
                metrics: metrics(gaps, aligned: aligned, student, batch), tokenCount: packed.tokens.count,
                weight: student.logProbabilities.count)
        }

        /// Without gradients.
        private func likelihoods(of rows: [DistillationRow], by teacher: LanguageModel) -> TokenLikelihoods {
            let sequences = rows.compactMap(\.aligned?.teacher)
            return withoutGradients {
                teacher.tokenLikelihoods(
                    of: PackedBatch(sequences.map(\.tokens)), counts: sequences.flatMap(\.counts))
            }
        }

        /// The spans of rows by the positions of their tokens among those of the batch, and of the rows' teacher.
        private func spans(of rows: [DistillationRow], from first: Int) -> [AlignedSpan] {
            var (student, teacher) = (first, 0)
            return rows.flatMap { row -> [AlignedSpan] in
                defer {
                    student += row.countedTokens
                    teacher += row.aligned?.teacher.countedTokens ?? 0
                }
                return (row.aligned?.spans ?? []).map {
                    AlignedSpan(
                        student: $0.student.shifted(by: student), teacher: $0.teacher.shifted(by: teacher))
                }
            }
        }

        /// Sums of the spans, [C] → [S].
        private static func summed(_ values: Tensor, over spans: [Range<Int>]) -> Tensor {
            let places = spans.enumerated().flatMap { index, span in span.map { (index, $0) } }
            let device = values.device
            return Tensor.zeros([spans.count], type: values.type, on: device).adding(
                values.selecting(Tensor(places.map(\.1), on: device)), at: Tensor(places.map(\.0), on: device)
            )
        }

        /// - Parameters:
        ///   - sums: log-probabilities of the spans, [S].
        ///   - student: of the batch, and its scored tokens.
        ///   - scores: the teacher's of its rows.
        private func losses(
            _ spans: [AlignedSpan], _ sums: (own: Tensor, others: Tensor),
            _ student: (scores: TokenLikelihoods, tokens: [Int]),
            _ teacher: (scores: TokenLikelihoods?, rows: [DistillationRow]), _ index: Int
        ) -> [Tensor] {
            guard alignment != .alm, let states = teacher.scores?.hiddenStates else {
                return [
                    ALM.losses(
                        student: sums.own, teacher: sums.others, temperature: configuration.almTemperature)
                ]
            }
            let others = teacher.rows.compactMap(\.aligned?.teacher).flatMap(\.scoredTokens)
            let size = max(model.configuration.vocabularySize, teachers[index].configuration.vocabularySize)
            return spans.chunked(within: DistilledTokens.chunk(of: size)).map { spans in
                let (own, theirs) = (spans.cover(\.student), spans.cover(\.teacher))
                return student.scores.hiddenStates[own].recomputing { ownStates in
                    let temperature = configuration.lossTemperature
                    let merged = { (logits: Tensor, tokens: [Int], spans: [Range<Int>]) in
                        GOLD.merged(
                            (logits / temperature).logSoftmax(), tokens: Tensor(tokens, on: logits.device),
                            spans: spans)
                    }
                    let student = merged(
                        model.logits(of: ownStates), Array(student.tokens[own]),
                        spans.map { $0.student.shifted(by: -own.lowerBound) })
                    let teacher = withoutGradients {
                        merged(
                            teachers[index].logits(of: states[theirs]),
                            Array(others[theirs]),
                            spans.map { $0.teacher.shifted(by: -theirs.lowerBound) })
                    }
                    guard alignment == .gold else {
                        return GOLD.sortedDistance(student: student, teacher: teacher)
                    }
                    return GOLD.hybridDistance(
                        student: student, teacher: teacher, vocabularies[index],
                        divergence: configuration.divergence)
                }
            }
        }

        private func loss(
            _ losses: [Tensor], _ student: TokenLikelihoods, _ batch: [DistillationRow],
            in window: [[DistillationRow]]
        ) -> Tensor {
            let spans = window.joined().reduce(0) { $0 + ($1.aligned?.spans.count ?? 0) }
            // A batch of the student's that has nothing in common with what the teacher would write of it teaches nothing.
            let sum = losses.isEmpty ? student.logProbabilities.sum() * 0 : Tensor.concatenated(losses).sum()
            let loss = sum / Double(max(1, spans))
            guard configuration.sftWeight > 0, !batch.allSatisfy(\.isStudents) else { return loss }
            let given = window.joined().filter { !$0.isStudents }.reduce(0) { $0 + $1.countedTokens }
            return loss - student.logProbabilities.sum() * (configuration.sftWeight / Double(given))
        }

        private func metrics(
            _ gaps: [Tensor], aligned: Int, _ student: TokenLikelihoods, _ batch: [DistillationRow]
        ) -> Metrics {
            var metrics = Metrics([
                "aligned": Double(aligned) / Double(student.logProbabilities.count),
                "entropy": student.entropies.mean().item(),
                "on_policy": batch.allSatisfy(\.isStudents) ? 1 : 0,
            ])
            if !gaps.isEmpty { metrics["span_gap"] = Tensor.concatenated(gaps).mean().item() }
            if metrics["on_policy"] == 0 {
                metrics["nll_loss"] = -student.logProbabilities.mean().item()
                metrics["mean_token_accuracy"] = student.isTop.to(.float32).mean().item()
            }
            return metrics
        }
    }
}

extension Range<Int> {
    fileprivate func shifted(by offset: Int) -> Range { lowerBound + offset..<upperBound + offset }
}

extension TokenizedSequence {
    var scoredTokens: [Int] { zip(tokens, counts).filter(\.1).map(\.0) }
}

extension [AlignedSpan] {
    /// From the first token to the last, those between spans included.
    fileprivate func cover(_ side: (AlignedSpan) -> Range<Int>) -> Range<Int> {
        guard let first, let last else { return 0..<0 }
        return side(first).lowerBound..<side(last).upperBound
    }

    /// Parts that cover at most so many tokens on either side; a span that is longer is a part by itself.
    fileprivate func chunked(within limit: Int) -> [[AlignedSpan]] {
        reduce(into: [[AlignedSpan]]()) { parts, span in
            let ends = [parts.last?.first ?? span, span]
            if parts.isEmpty || Swift.max(ends.cover(\.student).count, ends.cover(\.teacher).count) > limit {
                parts.append([span])
            } else {
                parts[parts.count - 1].append(span)
            }
        }
    }
}
