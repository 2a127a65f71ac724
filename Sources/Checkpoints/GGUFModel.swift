import Foundation

/// A model inside a GGUF file, seen with Hugging Face's names, shapes and row order.
///
/// Files of some families hold the rows of query and key projections permuted, for a rotary embedding of
/// neighbouring pairs; here they are back in the order of two halves that Hugging Face's layout uses. Gemma's
/// hold norms as what is multiplied by, one more than Hugging Face's weights; experts lie in one tensor.
public struct GGUFModel: Sendable {
    public let file: GGUFFile
    public let configuration: ModelConfiguration
    private let sources: [String: Source]

    /// Where a weight is.
    struct Source {
        let tensor: GGUFTensorDescription
        /// Which of the parts along the first dimension; nil: all of it.
        var part: Int?
    }

    /// Throws where the architecture or a setting is not supported, or tensors are missing, unknown or of
    /// another shape than the metadata says.
    public init(_ file: GGUFFile) throws {
        self.file = file
        do {
            configuration = try Self.configuration(file)
            sources = try Self.sources(configuration, file.tensors)
        } catch let error as CheckpointError {
            throw error.located(in: file.url)
        }
    }

    /// Dequantised values of a weight by its Hugging Face name, row-major in the shape of
    /// `configuration.parameterShapes`.
    public func floats(of parameter: String) throws -> [Float] {
        let source = sources[parameter]
        let values = try file.floats(of: source?.tensor.name ?? parameter, part: source?.part)
        if configuration.family == .gemma3, parameter.hasSuffix("norm.weight") {
            return values.map { $0 - 1 }
        }
        guard Self.permutesRows(configuration.family) else { return values }
        if parameter.contains(".q_proj.") {
            return Self.halfSplitRows(
                values, headCount: configuration.headCount, headSize: configuration.headSize)
        }
        if parameter.contains(".k_proj.") {
            return Self.halfSplitRows(
                values, headCount: configuration.keyValueHeadCount, headSize: configuration.headSize)
        }
        return values
    }

    /// Every weight as float32, which holds a dequantised value exactly; dequantised one at a time, when it
    /// is written.
    public var entries: [SafetensorsWriter.Entry] {
        configuration.parameterShapes.sorted { $0.key < $1.key }.map { name, shape in
            SafetensorsWriter.Entry(name: name, elementType: .float32, shape: shape) { write in
                try floats(of: name).withUnsafeBytes(write)
            }
        }
    }

    /// Special tokens for `generation_config.json`: every token that the file says ends a turn or a text.
    public var generationDefaults: GenerationDefaults {
        GenerationDefaults(
            beginningOfSequenceID: configuration.beginningOfSequenceID,
            endOfSequenceIDs: configuration.endOfSequenceIDs, paddingID: configuration.paddingID)
    }
}

// MARK: - Row order

extension GGUFModel {
    /// Whether llama.cpp's converter permutes queries and keys of the family.
    static func permutesRows(_ family: ModelConfiguration.Family) -> Bool {
        [.llama, .smollm3, .granite].contains(family)
    }

    /// Rows of a query or key projection, `[headCount · headSize, inputs]`, from interleaved to half-split
    /// order: within a head, rows `x₀ y₀ x₁ y₁ …` become `x₀ x₁ … y₀ y₁ …`. A bias is the case of one input.
    static func halfSplitRows(_ values: [Float], headCount: Int, headSize: Int) -> [Float] {
        let rowCount = headCount * headSize
        precondition(values.count.isMultiple(of: rowCount), "\(values.count) values for \(rowCount) rows")
        let rowLength = values.count / rowCount
        let half = headSize / 2
        var result: [Float] = []
        result.reserveCapacity(values.count)
        for head in 0..<headCount {
            for row in 0..<headSize {
                let source = head * headSize + (row < half ? 2 * row : 2 * (row - half) + 1)
                result.append(contentsOf: values[source * rowLength..<(source + 1) * rowLength])
            }
        }
        return result
    }
}
