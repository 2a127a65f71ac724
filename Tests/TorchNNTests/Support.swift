import Foundation
import Testing
import Torch

/// Every element within `tolerance` of what is expected, relative above 1 and absolute below.
func expectClose(
    _ found: [Double], _ expected: [Double], within tolerance: Double = 1e-6,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard found.count == expected.count else {
        Issue.record(
            "found \(found.count) elements, expected \(expected.count)", sourceLocation: sourceLocation)
        return
    }
    for (index, (a, b)) in zip(found, expected).enumerated() {
        let agrees = a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance * max(1, abs(b))
        guard agrees else {
            Issue.record("element \(index): found \(a), expected \(b)", sourceLocation: sourceLocation)
            return
        }
    }
}

func expectClose(
    _ found: Tensor, _ expected: [Double], within tolerance: Double = 1e-6,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    expectClose(found.doubles(), expected, within: tolerance, sourceLocation: sourceLocation)
}

func expectClose(
    _ found: Tensor?, _ expected: Tensor?, within tolerance: Double = 1e-6,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard let found, let expected else {
        Issue.record("one of the tensors is missing", sourceLocation: sourceLocation)
        return
    }
    #expect(found.shape == expected.shape, sourceLocation: sourceLocation)
    expectClose(found.doubles(), expected.doubles(), within: tolerance, sourceLocation: sourceLocation)
}

extension Tensor {
    /// A copy that is a leaf of the graph.
    func leaf() -> Tensor {
        let leaf = detached().copied()
        leaf.requiresGradient = true
        return leaf
    }
}

/// The golden numbers under Tests/Fixtures.
enum Fixtures {
    static func golden<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) throws -> Value {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let url = tests.appending(path: "Fixtures/golden/\(path)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Value.self, from: Data(contentsOf: url))
    }
}

/// Numbers in lists of any depth, in row-major order with their shape.
struct Numbers: Decodable {
    let values: [Double]
    let shape: [Int]

    init(from decoder: Decoder) throws {
        if let number = try? decoder.singleValueContainer().decode(Double.self) {
            (values, shape) = ([number], [])
        } else {
            let parts = try decoder.singleValueContainer().decode([Numbers].self)
            (values, shape) = (parts.flatMap(\.values), [parts.count] + (parts.first?.shape ?? []))
        }
    }

    func tensor(_ type: ScalarType = .float64) -> Tensor { Tensor(values, shape: shape).to(type) }
}
