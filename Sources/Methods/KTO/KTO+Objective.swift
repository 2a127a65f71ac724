import Datasets
import LanguageModels
import Statistics
import Torch
import Training

extension KTO {
    /// The loss of judged answers under a policy and its reference.
    public final class Objective: RowObjective {
        private let model: LanguageModel
        private let reference: ReferenceLogProbabilities<Example>
        private let configuration: Configuration
        /// Of the micro-batches of the window that are not measured yet.
        private var pending: [WithoutGradients] = []

        /// What is measured on a micro-batch before anything is learned from its window.
        private struct WithoutGradients {
            /// Log-probabilities of the answers' tokens under the reference.
            let reference: [Float]
            /// log π − log π_ref of the mismatched answers.
            let mismatchedRatios: [Double]
            /// z.
            var baseline = 0.0
        }

        public init(
            model: LanguageModel, reference: ReferenceLogProbabilities<Example>, configuration: Configuration
        ) {
            self.model = model
            self.reference = reference
            self.configuration = configuration
        }

        public func begin(_ window: [[Example]]) {
            pending = window.map(measuredWithoutGradients)
            let overWindow = Self.baseline(pending.flatMap(\.mismatchedRatios))
            for index in pending.indices {
                pending[index].baseline =
                    configuration.loss == .kto ? overWindow : Self.baseline(pending[index].mismatchedRatios)
            }
        }

        private func measuredWithoutGradients(_ batch: [Example]) -> WithoutGradients {
            let scores = zip(batch, reference.logProbabilities(of: batch))
            let answers = scores.map { example, values in
                (
                    own: values.prefix(example.row.scoredTokens),
                    other: values.dropFirst(example.row.scoredTokens)
                )
            }
            let others = zip(batch, answers).filter { !$0.0.mismatched.isEmpty }
            guard !others.isEmpty else {
                return WithoutGradients(reference: answers.flatMap(\.own), mismatchedRatios: [])
            }
            let mismatched = ResponseBatch(others.map { ($0.0.row.prompt, $0.0.mismatched) })
            let policy = withoutGradients {
                let scores = model.tokenLikelihoods(of: mismatched.packed, counts: mismatched.counts)
                return mismatched.perResponse(scores.summedPerSequence(scores.logProbabilities)).doubles()
            }
            return WithoutGradients(
                reference: answers.flatMap(\.own),
                mismatchedRatios: zip(policy, others).map { policy, other in
                    policy - other.1.other.reduce(0) { $0 + Double($1) }
                })
        }

        private static func baseline(_ ratios: [Double]) -> Double {
            max(0, Moments(ratios).mean)
        }

        public func measure(_ batch: [Example], in window: [[Example]]) -> MeasuredLoss {
            precondition(!pending.isEmpty, "a micro-batch of a window that did not begin")
            let known = pending.removeFirst()
            let answers = ResponseBatch(batch.map { ($0.row.prompt, $0.row.completion) })
            let tokens = model.tokenLikelihoods(of: answers.packed, counts: answers.counts)
            let policy = answers.perResponse(tokens.summedPerSequence(tokens.logProbabilities))
            let referenceTokens = Tensor(known.reference, on: model.device)
            let ratios = policy - answers.perResponse(tokens.summedPerSequence(referenceTokens))
            let isDesirable = Tensor(
                batch.map { Float($0.row.isDesirable ? 1 : 0) }, on: model.device)
            let losses = KTO.losses(
                ratios, isDesirable: isDesirable, baseline: known.baseline, configuration)
            let loss =
                configuration.loss == .kto
                ? losses.sum() / Double(window.joined().count) : losses.mean() / Double(window.count)
            return MeasuredLoss(
                loss: loss,
                metrics: metrics(
                    batch, Answers(policy: policy, ratios: ratios, isDesirable: isDesirable), tokens,
                    baseline: known.baseline),
                tokenCount: batch.reduce(0) { $0 + $1.row.prompt.count + $1.row.completion.count })
        }

        /// What was measured on the answers of a micro-batch, [B] each.
        private struct Answers {
            let policy: Tensor
            let ratios: Tensor
            let isDesirable: Tensor
        }

        /// Averages over the answers of one label are absent where the micro-batch has none.
        private func metrics(
            _ batch: [Example], _ answers: Answers, _ tokens: TokenLikelihoods, baseline: Double
        ) -> Metrics {
            var metrics = Metrics(["kl": baseline, "entropy": tokens.entropies.mean().item()])
            let tokenIsDesirable = zip(batch, batch.map(\.row.scoredTokens)).flatMap {
                Array(repeating: Float($0.row.isDesirable ? 1 : 0), count: $1)
            }
            let perToken = Tensor(tokenIsDesirable, on: model.device)
            for (name, wanted) in [("chosen", true), ("rejected", false)]
            where batch.contains(where: { $0.row.isDesirable == wanted }) {
                let rows = wanted ? answers.isDesirable : 1 - answers.isDesirable
                let tokenWeights = wanted ? perToken : 1 - perToken
                metrics["logits/\(name)"] = tokens.meanLogits.mean(over: tokenWeights)
                metrics["rewards/\(name)"] = (answers.ratios * configuration.beta).mean(over: rows)
                metrics["logps/\(name)"] = answers.policy.mean(over: rows)
            }
            if let chosen = metrics["rewards/chosen"], let rejected = metrics["rewards/rejected"] {
                metrics["rewards/margins"] = chosen - rejected
            }
            return metrics
        }
    }
}

extension TokenizedUnpaired {
    /// Tokens of the answer that are scored: the first of a sequence never is.
    fileprivate var scoredTokens: Int { completion.count - (prompt.isEmpty ? 1 : 0) }
}
