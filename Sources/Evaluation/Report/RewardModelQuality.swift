extension Report {
    /// How well a reward model predicts comparisons that it was not trained on.
    public struct RewardModelQuality: Codable, Hashable, Sendable {
        public var comparisons: Int
        public var accuracy: Estimate
        /// The accuracy of always choosing the longer answer.
        public var lengthOnlyAccuracy: Estimate?
        /// What a model that knew the annotator's own scores would reach, as slips cannot be foreseen.
        public var highestAccuracy: Double?
        public var logLoss: Double
        public var calibration: CalibrationCurve

        private enum CodingKeys: String, CodingKey {
            case comparisons, accuracy, calibration
            case lengthOnlyAccuracy = "length_only_accuracy"
            case highestAccuracy = "highest_accuracy"
            case logLoss = "log_loss"
        }

        public init(
            comparisons: Int, accuracy: Estimate, lengthOnlyAccuracy: Estimate? = nil,
            highestAccuracy: Double? = nil,
            logLoss: Double, calibration: CalibrationCurve
        ) {
            self.comparisons = comparisons
            self.accuracy = accuracy
            self.lengthOnlyAccuracy = lengthOnlyAccuracy
            self.highestAccuracy = highestAccuracy
            self.logLoss = logLoss
            self.calibration = calibration
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(comparisons, forKey: .comparisons)
            try container.encode(accuracy, forKey: .accuracy)
            try container.encode(lengthOnlyAccuracy, forKey: .lengthOnlyAccuracy)
            try container.encode(highestAccuracy, forKey: .highestAccuracy)
            try container.encode(logLoss, forKey: .logLoss)
            try container.encode(calibration, forKey: .calibration)
        }
    }
}
