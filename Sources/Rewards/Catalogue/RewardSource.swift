import Foundation

/// A reward that has been found and checked, and is loaded when it is needed.
public struct RewardSource {
    /// In metrics. Of several of a kind, the second and further ones are numbered.
    public internal(set) var name: String
    /// As it is chosen.
    let kind: String
    /// The files that its scores follow from, for run.json.
    public let inputs: [(role: String, url: URL)]
    private let loader: () throws -> any Reward

    public init(
        name: String, inputs: [(role: String, url: URL)] = [], load: @escaping () throws -> any Reward
    ) {
        self.name = name
        kind = name
        self.inputs = inputs
        loader = load
    }

    public func load() throws -> any Reward { try loader() }
}

/// Several of them with their weights, as settings choose them.
public struct RewardSources {
    /// With the score difference that counts in a judgment, see ``PreferenceJudge``.
    private let sources: [(source: RewardSource, weight: Double, temperature: Double)]

    init(_ sources: [(source: RewardSource, weight: Double, temperature: Double)]) { self.sources = sources }

    public var isEmpty: Bool { sources.isEmpty }
    public var names: [String] { sources.map(\.source.name) }
    public var inputs: [(role: String, url: URL)] { sources.flatMap(\.source.inputs) }

    public func load() throws -> [WeightedReward] {
        try sources.map {
            WeightedReward(name: $0.source.name, weight: $0.weight, reward: try $0.source.load())
        }
    }

    /// All of them as one. A single one of weight 1 is itself.
    public func loadSum() throws -> any Reward { try load().sum }

    /// Differences of independent rewards add up as their squares do.
    var temperature: Double {
        sources.count == 1
            ? sources[0].weight.magnitude * sources[0].temperature
            : sources.reduce(0) { $0 + ($1.weight * $1.temperature) * ($1.weight * $1.temperature) }
                .squareRoot()
    }
}
