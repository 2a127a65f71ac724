import Checkpoints
import Torch
import TorchNN

/// Feed-forwards of which a router chooses a few for each token, whose outputs it weighs (Shazeer et al., "Outrageously Large
/// Neural Networks", 2017; Fedus et al., "Switch Transformers", 2021).
///
/// The router is no place for adapters, as in `transformers` 5, where it is no linear layer.
final class MixtureOfExperts: FeedForwardBlock {
    /// [E, H]
    private let router: Tensor
    private let experts: [FeedForward]
    private let perToken: Int
    private let normalizesWeights: Bool

    init(
        _ configuration: ModelConfiguration, _ settings: ModelConfiguration.Experts, weights: WeightScope
    ) {
        router = weights.tensor("gate.weight", shape: [settings.count, configuration.hiddenSize])
        experts = (0..<settings.count).map {
            FeedForward(
                configuration, size: settings.feedForwardSize, weights: weights.scope("experts.\($0)"))
        }
        perToken = settings.perToken
        normalizesWeights = settings.normalizesWeights
    }

    func callAsFunction(_ states: Tensor, routing: RouterRecord?) -> Tensor {
        let probabilities = states.linear(weight: router.working(in: states.type)).to(.float32).softmax()
        let (best, choice) = probabilities.top(perToken)
        let chosen = choice.integers()
        routing?.add(probabilities: probabilities, chosen: chosen)
        let weights = normalizesWeights ? best / best.sum(along: 1, keeping: true) : best

        // Places in `chosen`, by expert: rows of one product each.
        var places = [[Int]](repeating: [], count: experts.count)
        for (place, expert) in chosen.enumerated() { places[expert].append(place) }
        let parts = zip(experts, places).filter { !$1.isEmpty }.map { expert, places in
            let rows = Tensor(places.map { $0 / perToken }, on: states.device)
            return expert(states.selecting(rows), routing: nil)
        }
        // Back in the order of the tokens, so that sums are taken in one order however tokens fall.
        var order = [Int](repeating: 0, count: chosen.count)
        for (position, place) in places.joined().enumerated() { order[place] = position }
        let outputs = Tensor.concatenated(parts).selecting(Tensor(order, on: states.device))
            .reshaped([-1, perToken, states.size(1)])
        return (outputs * weights.to(states.type).unsqueezed(2)).sum(along: 1)
    }
}

extension DecoderModel {
    /// Runs `body`, and says which experts the tokens of its passes with gradients went to: nil for a model without experts.
    public func recordingRouting<Result>(
        _ body: () throws -> Result
    ) rethrows -> (result: Result, record: RouterRecord?) {
        guard let experts = configuration.experts else { return (try body(), nil) }
        let record = RouterRecord(expertCount: experts.count)
        transformer.routerRecord = record
        defer { transformer.routerRecord = nil }
        let result = try body()
        return (result, record.isEmpty ? nil : record)
    }
}

/// Which experts the tokens of some passes went to.
public final class RouterRecord {
    private let expertCount: Int
    /// Sums of probabilities over tokens, [E].
    private var probabilities: Tensor?
    private var choices: [Double]
    private var tokenCount = 0

    init(expertCount: Int) {
        self.expertCount = expertCount
        choices = Array(repeating: 0, count: expertCount)
    }

    /// - Parameters:
    ///   - probabilities: [N, E]
    ///   - chosen: the experts of each token, one token after the other.
    func add(probabilities new: Tensor, chosen: [Int]) {
        let sums = new.sum(along: 0)
        probabilities = probabilities.map { $0 + sums } ?? sums
        for expert in chosen { choices[expert] += 1 }
        tokenCount += new.size(0)
    }

    public var isEmpty: Bool { tokenCount == 0 }

    /// E · Σ (mean choices · mean probability) over experts, the layers pooled: smallest where all are used alike (Fedus et al.,
    /// equations 4 to 6; with several choices a token it is their number there). A scalar.
    public func loss() -> Tensor {
        guard let probabilities else { preconditionFailure("no tokens went through experts") }
        let shares = Tensor(choices.map { Float($0 / Double(tokenCount)) }, on: probabilities.device)
        return (probabilities / Double(tokenCount) * shares).sum() * Double(expertCount)
    }

    /// How many times its even share of choices the busiest expert has, and the least busy one.
    public var load: (highest: Double, lowest: Double) {
        let even = choices.reduce(0, +) / Double(expertCount)
        guard even > 0 else { return (0, 0) }
        return ((choices.max() ?? 0) / even, (choices.min() ?? 0) / even)
    }
}
