/// One of the rewards that a policy learns from.
public struct WeightedReward {
    /// In metrics: `rewards/NAME/mean`.
    public let name: String
    public let weight: Double
    public let source: any RewardSource

    public init(name: String, weight: Double = 1, source: any RewardSource) {
        self.name = name
        self.weight = weight
        self.source = source
    }
}

/// An annotator's scores as a reward.
public struct AnnotatorReward: RewardSource {
    private let annotator: any Annotator

    public init(_ annotator: any Annotator) { self.annotator = annotator }

    /// - Throws: ``AnnotatorError/scoreNotFinite(annotator:score:text:)``, or what the annotator throws.
    public func scores(of answers: [Answer]) throws -> [Double?] {
        try annotator.finiteScores(of: answers)
    }
}
