import Checkpoints
import Torch
import TorchNN

/// A decoder with a scalar head that reads the last token of a sequence: `LlamaForSequenceClassification` with one label.
public final class RewardModel: DecoderModel {
    /// [1, H], kept in fp32.
    let scoreWeight: Tensor
    static let headName = "score.weight"

    init(transformer: Transformer, scoreWeight: Tensor, loader: WeightLoader) {
        self.scoreWeight = scoreWeight
        super.init(
            transformer: transformer, head: .sequenceClassification(labels: ["LABEL_0"]), loader: loader)
    }

    override var extraTrainable: [NamedTensor] {
        [NamedTensor(name: "base_model.model.\(Self.headName)", tensor: scoreWeight)]
    }

    /// One score per whole sequence, [B], fp32. The last token is found by the sequence's length, never by a token id.
    public func scores(of batch: PackedBatch) -> Tensor {
        let last = transformer.hiddenStates(of: batch).selecting(Tensor(batch.lastRows, on: device))
        return last.to(.float32).linear(weight: scoreWeight).squeezed(1)
    }

    /// The weights of a fresh head: normal with standard deviation 1/√(H + 1), so that first scores have unit size
    /// (Huang et al., "The N+ Implementation Details of RLHF with PPO", 2024).
    static func initialHead(hiddenSize: Int, generator: Generator, device: Device) -> Tensor {
        (generator.normal([1, hiddenSize]) / Double(hiddenSize + 1).squareRoot()).to(on: device)
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
