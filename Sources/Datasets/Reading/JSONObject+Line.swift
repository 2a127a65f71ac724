import Foundation
import JSON

extension JSONObject {
    /// The columns of a row. `NaN` and infinities, which Python writes and JSON has not, are null in columns that belong to no
    /// schema.
    /// - Throws: `DataError` where it is not one JSON object.
    public init(line: some ContiguousBytes, at place: Place) throws {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: line, tolerating: .rows)
        } catch let error as JSONSyntaxError {
            let tolerant = try? JSONValue(parsing: line, tolerating: [.rows, .nonFiniteNumbers])
            guard let columns = tolerant?.object else { throw Self.syntax(error, in: line, at: place) }
            self = try columns.withoutNonFiniteNumbers(at: place)
            return
        }
        guard let columns = value.object else {
            throw DataError(
                at: place, expected: "a JSON object", found: value.kindDescription,
                remedy: "write one object per line, as in {\"text\": \"…\"}")
        }
        self = columns
    }

    private static func syntax(
        _ error: JSONSyntaxError, in line: some ContiguousBytes, at place: Place
    ) -> DataError {
        let isObjectOfManyLines = line.withUnsafeBytes { bytes in
            bytes.elementsEqual("{".utf8) || bytes.elementsEqual("{\r".utf8)
        }
        let column = "column \(error.column)"
        return DataError(
            at: place, expected: "a JSON object",
            found: "\(error.found ?? "the end of the \(place.row == nil ? "line" : "row")") at "
                + (error.line == 1 ? column : "line \(place.line + error.line - 1), \(column)"),
            remedy: isObjectOfManyLines
                ? "write each row on one line, as jq -c . FILE > rows.jsonl does" : "fix or remove the line")
    }

    private func withoutNonFiniteNumbers(at place: Place) throws -> JSONObject {
        let read = Set(DatasetSchema.allCases.flatMap(\.requiredColumns)).union(["margin", "scale"])
        var columns = self
        for (name, value) in self {
            let (finite, found) = value.withoutNonFiniteNumbers
            if let found, read.contains(name) {
                throw DataError(
                    at: place, expected: "JSON in \"\(name)\"", found: found,
                    remedy: "give the column a value, or remove the row")
            }
            columns[name] = finite
        }
        return columns
    }
}

extension JSONValue {
    /// The value with null in place of such numbers, and the last of them as Python writes it.
    fileprivate var withoutNonFiniteNumbers: (value: JSONValue, found: String?) {
        switch self {
        case .number(let number) where !number.isFinite:
            return (.null, number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity")
        case .array(let elements):
            let parts = elements.map(\.withoutNonFiniteNumbers)
            return (.array(parts.map(\.value)), parts.compactMap(\.found).last)
        case .object(let members):
            let parts = members.map { (key: $0.key, part: $0.value.withoutNonFiniteNumbers) }
            let value = JSONObject(parts.map { (key: $0.key, value: $0.part.value) })
            return (.object(value), parts.compactMap(\.part.found).last)
        case .null, .boolean, .integer, .largeInteger, .number, .string: return (self, nil)
        }
    }
}
