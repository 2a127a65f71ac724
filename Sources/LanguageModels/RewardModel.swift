import Checkpoints
import Torch
import TorchNN

/// A decoder with a head that reads the last token of a sequence and gives it one score per aspect: a
/// `*ForSequenceClassification` with as many labels as there are aspects.
public final class RewardModel: DecoderModel {
    /// [A, H], a row for each of A aspects, kept in fp32.
    public let scoreWeight: Tensor
    /// The aspects' names as `config.json` has them; a single one is called `LABEL_0`.
    public let labels: [String]
    static let headName = "score.weight"

    init(transformer: Transformer, scoreWeight: Tensor, labels: [String], loader: WeightLoader) {
        self.scoreWeight = scoreWeight
        self.labels = labels
        super.init(transformer: transformer, head: .sequenceClassification(labels: labels), loader: loader)
    }

    override var extraTrainable: [NamedTensor] {
        [NamedTensor(name: "base_model.model.\(Self.headName)", tensor: scoreWeight)]
    }

    /// The hidden state of each whole sequence's last token, [B, H], fp32. It is found by the sequence's length, never by
    /// a token id.
    public func lastStates(of batch: PackedBatch) -> Tensor {
        if let packedDecoder { return lastStates(of: batch, by: packedDecoder) }
        return transformer.lastStates(of: batch).to(.float32)
    }

    /// The scores of each whole sequence, [B, A], fp32.
    public func scores(of batch: PackedBatch) -> Tensor { lastStates(of: batch).linear(weight: scoreWeight) }

    /// What a model of one aspect says of the state before each counted token, [C], fp32: a critic's values.
    /// - Parameter counts: of every token of the batch.
    public func values(of batch: PackedBatch, counts: [Bool]) -> Tensor {
        let predictors = batch.predictors
        let targets = counts.indices.filter { counts[$0] && predictors[$0] != nil }
        return transformer.states(before: targets, of: batch).to(.float32)
            .linear(weight: scoreWeight).squeezed(1)
    }

    /// Lets the head say 0 of everything.
    public func clearHead() {
        withoutGradients { scoreWeight.assign(.zeros(scoreWeight.shape, on: device)) }
    }

    /// The weights of a fresh head: normal with standard deviation 1/√(H + 1), so that first scores have unit size
    /// (Huang et al., "The N+ Implementation Details of RLHF with PPO", 2024).
    static func initialHead(
        labelCount: Int, hiddenSize: Int, generator: Generator, device: Device
    ) -> Tensor {
        (generator.normal([labelCount, hiddenSize]) / Double(hiddenSize + 1).squareRoot()).to(on: device)
    }
}

/// A scalar head on a policy's hidden states: the critic of PPO. fp32.
public final class ValueHead {
    /// [1, H]
    public let weight: Tensor
    /// [1]
    public let bias: Tensor

    /// A head that predicts zero everywhere.
    public init(hiddenSize: Int, device: Device) {
        weight = .zeros([1, hiddenSize], on: device)
        bias = .zeros([1], on: device)
        weight.requiresGradient = true
        bias.requiresGradient = true
    }

    public var parameters: [NamedTensor] {
        [
            NamedTensor(name: "value_head.weight", tensor: weight),
            NamedTensor(name: "value_head.bias", tensor: bias),
        ]
    }

    /// [C, H] → [C]
    public func callAsFunction(_ hiddenStates: Tensor) -> Tensor {
        hiddenStates.to(.float32).linear(weight: weight, bias: bias).squeezed(1)
    }
}
