import Foundation

/// Files that tests read, by their path below Tests/Fixtures.
public enum Fixtures {
    public static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")

    /// A file or folder of the golden numbers.
    public static func golden(_ path: String) -> URL { root.appendingPathComponent("golden/\(path)") }

    /// A JSON file of the golden numbers.
    public static func goldenValues(_ path: String) throws -> GoldenValue {
        GoldenValue(try JSONSerialization.jsonObject(with: Data(contentsOf: golden(path))), path: path)
    }
}

/// A JSON value read by tests: what is not there, or of another type, throws with its path.
public struct GoldenValue {
    let value: Any
    public let path: String

    public init(_ value: Any, path: String) {
        self.value = value
        self.path = path
    }

    public struct Unexpected: Error, CustomStringConvertible {
        public let description: String
    }

    public subscript(key: String) -> GoldenValue {
        get throws {
            guard let child = (value as? [String: Any])?[key] else {
                throw Unexpected(description: "\(path): no \(key)")
            }
            return GoldenValue(child, path: "\(path).\(key)")
        }
    }

    /// The member, or nil where it is absent or null.
    public func optional(_ key: String) -> GoldenValue? {
        guard let child = (value as? [String: Any])?[key], !(child is NSNull) else { return nil }
        return GoldenValue(child, path: "\(path).\(key)")
    }

    public var keys: [String] { ((value as? [String: Any])?.keys).map { $0.sorted() } ?? [] }

    public var array: [GoldenValue] {
        get throws {
            try cast([Any].self).enumerated().map { GoldenValue($0.element, path: "\(path)[\($0.offset)]") }
        }
    }

    public var string: String { get throws { try cast(String.self) } }
    public var int: Int { get throws { try cast(NSNumber.self).intValue } }
    public var bool: Bool { get throws { try cast(NSNumber.self).boolValue } }
    public var ints: [Int] { get throws { try array.map { try $0.int } } }
    public var intRows: [[Int]] { get throws { try array.map { try $0.ints } } }
    public var doubles: [Double] { get throws { try array.map { try $0.double } } }
    public var doubleRows: [[Double]] { get throws { try array.map { try $0.doubles } } }

    /// A number; `"NaN"` and `"Infinity"` come as strings.
    public var double: Double {
        get throws {
            switch value as? String {
            case "NaN": return .nan
            case "Infinity": return .infinity
            case "-Infinity": return -.infinity
            default: return try cast(NSNumber.self).doubleValue
            }
        }
    }

    private func cast<Result>(_ type: Result.Type) throws -> Result {
        guard let result = value as? Result else {
            throw Unexpected(description: "\(path): expected \(type), found \(value)")
        }
        return result
    }
}
