import Foundation
import Torch

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
