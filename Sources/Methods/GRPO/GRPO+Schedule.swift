import Settings
import Training

extension GRPO {
    /// How the responses of one generation are shared out over forward passes and optimizer steps.
    public struct Schedule: Equatable, Sendable {
        /// Responses sampled at once.
        public let generationSize: Int
        /// Responses of one forward and backward pass.
        public let passSize: Int
        /// Passes of one optimizer step.
        public let passesPerStep: Int

        /// - Throws: `InvalidSetting` where groups, passes and steps do not divide a generation evenly.
        public init(_ training: TrainingConfiguration, _ method: Configuration) throws {
            passSize = training.batchSize
            passesPerStep = training.gradientAccumulationSteps
            let stepSize = passSize * passesPerStep
            let bySteps = method.stepsPerGeneration.map { $0 * training.batchSize }
            generationSize = method.rolloutBatch ?? bySteps ?? stepSize
            let key = method.rolloutBatch == nil && bySteps == nil ? "batch_size" : "rollout_batch"
            guard bySteps == nil || bySteps == generationSize else {
                throw InvalidSetting(
                    key, expected: "steps_per_generation × batch_size, or one of the two",
                    found: "\(generationSize) and \(bySteps ?? 0)")
            }
            for (size, words) in [
                (method.groupSize, "group_size"), (stepSize, "batch_size × gradient_accumulation_steps"),
            ] where !generationSize.isMultiple(of: size) {
                throw InvalidSetting(
                    key,
                    expected:
                        "as many responses as make whole groups and steps, a multiple of \(size) (\(words))",
                    found: "\(generationSize)")
            }
        }

        /// Optimizer steps of one time through a generation.
        public var stepsPerIteration: Int { generationSize / (passSize * passesPerStep) }
    }
}
