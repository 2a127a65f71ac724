import Statistics

extension Report {
    /// How well a reward model predicts judgments that it was not trained on.
    public struct RewardModelQuality: Codable, Hashable, Sendable {
        /// Choices between two: comparisons and what rankings, marks and thumbs say in their place.
        public var comparisons: Int
        public var accuracy: Estimate
        /// The accuracy of choosing by length, as learned from the rows that the model was trained on; of always choosing
        /// the longer answer where the model does not say.
        public var lengthOnlyAccuracy: Estimate?
        /// How much more often the model agrees than length alone, over the same choices.
        public var accuracyOverLength: Estimate?
        /// What a model that knew the annotator's own scores would reach, as slips cannot be predicted.
        public var highestAccuracy: Double?
        public var logLoss: Double
        public var lengthOnlyLogLoss: Double?
        public var calibration: CalibrationCurve
        /// Score of the chosen minus that of the other answer, for each choice.
        public var margins: [Double]
        public var slices: [Slice]
        public var disagreement: GroupDisagreement?
        /// The accuracy of each member of an ensemble.
        public var members: [Estimate]
        /// Estimated error rates of those whose judgments the model learned from.
        public var annotators: [AnnotatorReliability]

        /// The choices that have something in common.
        public struct Slice: Codable, Hashable, Sendable {
            /// `aspect`, `group`, `shape`, `length` or `source`.
            public var kind: String
            public var name: String
            public var comparisons: Int
            public var accuracy: Estimate
            public var logLoss: Double
            public var lengthOnlyAccuracy: Estimate?
            public var lengthOnlyLogLoss: Double?

            private enum CodingKeys: String, CodingKey {
                case kind, name, comparisons, accuracy
                case logLoss = "log_loss"
                case lengthOnlyAccuracy = "length_only_accuracy"
                case lengthOnlyLogLoss = "length_only_log_loss"
            }
        }

        private enum CodingKeys: String, CodingKey {
            case comparisons, accuracy, calibration, margins, slices, disagreement, members, annotators
            case lengthOnlyAccuracy = "length_only_accuracy"
            case accuracyOverLength = "accuracy_over_length"
            case highestAccuracy = "highest_accuracy"
            case logLoss = "log_loss"
            case lengthOnlyLogLoss = "length_only_log_loss"
        }

        public init(
            comparisons: Int, accuracy: Estimate, lengthOnlyAccuracy: Estimate? = nil,
            accuracyOverLength: Estimate? = nil, highestAccuracy: Double? = nil, logLoss: Double,
            lengthOnlyLogLoss: Double? = nil, calibration: CalibrationCurve, margins: [Double] = [],
            slices: [Slice] = [],
            disagreement: GroupDisagreement? = nil, members: [Estimate] = [],
            annotators: [AnnotatorReliability] = []
        ) {
            self.comparisons = comparisons
            self.accuracy = accuracy
            self.lengthOnlyAccuracy = lengthOnlyAccuracy
            self.accuracyOverLength = accuracyOverLength
            self.highestAccuracy = highestAccuracy
            self.logLoss = logLoss
            self.lengthOnlyLogLoss = lengthOnlyLogLoss
            self.calibration = calibration
            self.margins = margins
            self.slices = slices
            self.disagreement = disagreement
            self.members = members
            self.annotators = annotators
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(comparisons, forKey: .comparisons)
            try container.encode(accuracy, forKey: .accuracy)
            try container.encode(lengthOnlyAccuracy, forKey: .lengthOnlyAccuracy)
            try container.encode(accuracyOverLength, forKey: .accuracyOverLength)
            try container.encode(highestAccuracy, forKey: .highestAccuracy)
            try container.encode(logLoss, forKey: .logLoss)
            try container.encode(lengthOnlyLogLoss, forKey: .lengthOnlyLogLoss)
            try container.encode(calibration, forKey: .calibration)
            try container.encode(margins, forKey: .margins)
            try container.encode(slices, forKey: .slices)
            try container.encode(disagreement, forKey: .disagreement)
            try container.encode(members, forKey: .members)
            try container.encode(annotators, forKey: .annotators)
        }
    }
}
