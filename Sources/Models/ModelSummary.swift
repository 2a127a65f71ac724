import Checkpoints
import Foundation
import Tokenization

/// What a model is, from its files alone.
public struct ModelSummary: Encodable, Equatable, Sendable, CustomStringConvertible {
    public let path: String
    public let family: String
    public let parameters: Int
    public let weightBytes: Int
    public let elementTypes: [String]
    public let layers: Int
    public let hiddenSize: Int
    public let heads: Int
    public let keyValueHeads: Int
    public let headSize: Int
    public let feedForwardSize: Int
    public let vocabulary: Int
    public let positions: Int
    /// Numbers that the model's head gives where it scores text instead of continuing it.
    public let labels: Int?
    public let stopTokens: [String]
    public let hasChatTemplate: Bool
    public let adapter: Adapter?

    public struct Adapter: Encodable, Equatable, Sendable {
        public let path: String
        public let rank: Int
        public let alpha: Double
        public let targets: [String]

        enum CodingKeys: String, CodingKey {
            case path
            case rank = "lora_rank"
            case alpha = "lora_alpha"
            case targets = "lora_targets"
        }
    }

    /// - Throws: an error of `Checkpoints` or `Tokenization` for files that are missing or damaged.
    public init(_ folders: ModelFolders) throws {
        let configuration = try ModelConfiguration(contentsOf: folders.base.appending(path: "config.json"))
        let tensors = try WeightFiles(folder: folders.base).descriptions.values
        let tokenizer = try Tokenizer(contentsOf: folders.tokenizer)
        path = folders.base.path
        family = configuration.family.rawValue
        parameters = tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }
        weightBytes = tensors.reduce(0) { $0 + $1.byteRange.count }
        elementTypes = Set(tensors.map(\.elementType.rawValue)).sorted()
        layers = configuration.layerCount
        hiddenSize = configuration.hiddenSize
        heads = configuration.headCount
        keyValueHeads = configuration.keyValueHeadCount
        headSize = configuration.headSize
        feedForwardSize = configuration.feedForwardSize
        vocabulary = configuration.vocabularySize
        positions = configuration.maximumPositions
        labels = configuration.labelCount
        stopTokens = try folders.stopTokens(with: tokenizer).map { tokenizer.decode([$0]) }
        hasChatTemplate = tokenizer.chatTemplate != nil
        adapter = try folders.adapter.map { folder in
            let adapter = try AdapterConfiguration(contentsOf: folder.appending(path: "adapter_config.json"))
            return Adapter(
                path: folder.path, rank: adapter.rank, alpha: adapter.alpha,
                targets: adapter.targetModules.sorted())
        }
    }

    enum CodingKeys: String, CodingKey {
        case path, family, parameters
        case weightBytes = "weight_bytes"
        case elementTypes = "element_types"
        case layers
        case hiddenSize = "hidden_size"
        case heads
        case keyValueHeads = "key_value_heads"
        case headSize = "head_size"
        case feedForwardSize = "feed_forward_size"
        case vocabulary, positions, labels
        case stopTokens = "stop_tokens"
        case hasChatTemplate = "has_chat_template"
        case adapter
    }

    public var description: String {
        let megabytes = (Double(weightBytes) / 1e6).formatted(.number.precision(.fractionLength(1)))
        var lines = [
            ("model", path),
            ("family", family),
            ("parameters", parameters.formatted(.number.grouping(.automatic))),
            ("weights", "\(elementTypes.joined(separator: ", ")), \(megabytes) MB"),
            ("layers", "\(layers), hidden size \(hiddenSize), feed-forward size \(feedForwardSize)"),
            ("heads", "\(heads), of size \(headSize), over \(keyValueHeads) of keys and values"),
            ("vocabulary", "\(vocabulary)"),
            ("positions", "\(positions)"),
            ("stops at", stopTokens.isEmpty ? "nothing" : stopTokens.joined(separator: " ")),
            ("template", hasChatTemplate ? "yes" : "none: plain text only"),
        ]
        if let labels { lines.append(("scores", "\(labels) per text: a reward model")) }
        if let adapter {
            lines.append(("adapter", adapter.path))
            lines.append(
                (
                    "",
                    "rank \(adapter.rank), alpha \(adapter.alpha), on \(adapter.targets.joined(separator: ", "))"
                ))
        }
        let width = lines.map(\.0.count).max() ?? 0
        return lines.map { $0.0.padding(toLength: width + 2, withPad: " ", startingAt: 0) + $0.1 }
            .joined(separator: "\n")
    }
}
