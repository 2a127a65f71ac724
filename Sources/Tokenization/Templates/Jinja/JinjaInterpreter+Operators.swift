import Foundation

/// Comparison and arithmetic, by Python's rules.
extension JinjaInterpreter {
    func compare(_ left: JinjaValue, _ operation: JinjaComparison, _ right: JinjaValue) throws -> Bool {
        switch operation {
        case .equal: try areEqual(left, right)
        case .notEqual: try !areEqual(left, right)
        case .less: try isLess(left, right)
        case .greater: try isLess(right, left)
        case .lessOrEqual: try isLessOrEqual(left, right)
        case .greaterOrEqual: try isLessOrEqual(right, left)
        case .contained: try contains(right, left)
        case .notContained: try !contains(right, left)
        }
    }

    // MARK: Equality and order

    func areEqual(_ left: JinjaValue, _ right: JinjaValue) throws -> Bool {
        try budget.spend(operations: 1)
        switch (left, right) {
        case (.undefined, .undefined), (.null, .null): return true
        case (.string(let left), .string(let right)):
            try budget.spend(textBytes: min(left.utf8.count, right.utf8.count))
            return PythonText.areEqual(left, right)
        case (.sequence(let left), .sequence(let right)):
            guard left.resembles(right), left.elements.count == right.elements.count else { return false }
            return try zip(left.elements, right.elements).allSatisfy { try areEqual($0, $1) }
        case (.mapping(let left), .mapping(let right)):
            guard left.entries.count == right.entries.count else { return false }
            return try left.entries.allSatisfy { key, value in
                try budget.spend(textBytes: key.utf8.count)
                return try right.entries[key].map { try areEqual(value, $0) } ?? false
            }
        case (.namespace(let left), .namespace(let right)): return left === right
        case (.iterator(let left), .iterator(let right)): return left === right
        case (.macro(let left), .macro(let right)): return left === right
        default:
            if case (.largeInteger(let left), .largeInteger(let right)) = (left, right) {
                return left == right
            }
            if let left = left.asInteger, let right = right.asInteger { return left == right }
            if let left = left.asDouble, let right = right.asDouble { return left == right }
            return false
        }
    }

    func isLess(_ left: JinjaValue, _ right: JinjaValue) throws -> Bool {
        try isOrdered(left, right, orEqual: false)
    }

    private func isLessOrEqual(_ left: JinjaValue, _ right: JinjaValue) throws -> Bool {
        try isOrdered(left, right, orEqual: true)
    }

    private func isOrdered(_ left: JinjaValue, _ right: JinjaValue, orEqual: Bool) throws -> Bool {
        try budget.spend(operations: 1)
        switch (left, right) {
        case (.undefined, _): throw useOfUndefined(left)
        case (_, .undefined): throw useOfUndefined(right)
        case (.string(let left), .string(let right)):
            try budget.spend(textBytes: min(left.utf8.count, right.utf8.count))
            if orEqual { return !right.utf8.lexicographicallyPrecedes(left.utf8) }
            return left.utf8.lexicographicallyPrecedes(right.utf8)
        case (.sequence(let left), .sequence(let right)) where left.isIndexed && left.resembles(right):
            for (left, right) in zip(left.elements, right.elements) where try !areEqual(left, right) {
                return try isOrdered(left, right, orEqual: orEqual)
            }
            let difference = left.elements.count - right.elements.count
            return orEqual ? difference <= 0 : difference < 0
        default:
            if let left = left.asInteger, let right = right.asInteger {
                return orEqual ? left <= right : left < right
            }
            if let left = left.asDouble, let right = right.asDouble {
                return orEqual ? left <= right : left < right
            }
            throw JinjaFault.evaluation("\(left.typeName) and \(right.typeName) have no order")
        }
    }

    func contains(_ container: JinjaValue, _ element: JinjaValue) throws -> Bool {
        switch container {
        case .string(let text):
            guard case .string(let part) = element else {
                throw JinjaFault.evaluation(
                    "`in` a string needs a string before it, found \(element.typeName)")
            }
            try budget.spend(textBytes: text.utf8.count + part.utf8.count)
            return PythonText.contains(text, part)
        case .mapping(let mapping):
            guard case .string(let key) = element else { return false }
            try budget.spend(textBytes: key.utf8.count)
            return mapping.entries[key] != nil
        case .iterator(let iterator):
            while let candidate = iterator.next() {
                if try areEqual(candidate, element) { return true }
            }
            return false
        default: return try elements(of: container).contains { try areEqual($0, element) }
        }
    }

    // MARK: Arithmetic

    func apply(_ sign: JinjaSign, to operand: JinjaValue) throws -> JinjaValue {
        try apply(.multiply, .integer(sign == .minus ? -1 : 1), operand, symbol: sign.rawValue)
    }

    func apply(_ operation: JinjaArithmetic, _ left: JinjaValue, _ right: JinjaValue) throws -> JinjaValue {
        switch (operation, left, right) {
        case (.add, .string(let left), .string(let right)):
            try budget.spend(textBytes: left.utf8.count + right.utf8.count)
            return .string(left + right)
        case (.add, .sequence(let left), .sequence(let right))
        where left.kind == right.kind && [.list, .tuple].contains(left.kind):
            try budget.spend(operations: left.elements.count + right.elements.count)
            return .sequence(try JinjaSequence(left.kind, left.elements + right.elements))
        case (.multiply, .string, _), (.multiply, .sequence, _): return try repeated(left, right)
        case (.multiply, _, .string), (.multiply, _, .sequence): return try repeated(right, left)
        default: return try apply(operation, left, right, symbol: operation.rawValue)
        }
    }

    private func repeated(_ value: JinjaValue, _ times: JinjaValue) throws -> JinjaValue {
        guard let times = times.asInteger.map({ max(0, $0) }) else {
            throw JinjaFault.evaluation("\(value.typeName) cannot be multiplied by \(times.typeName)")
        }
        switch value {
        case .string(let text):
            try budget.spend(textBytes: text.utf8.count, times: times)
            return .string(PythonText.repeated(text, times: text.isEmpty ? 0 : times))
        case .sequence(let sequence) where [.list, .tuple].contains(sequence.kind):
            try budget.spend(operations: product(sequence.elements.count, times))
            let copies = sequence.elements.isEmpty ? 0 : times
            return .sequence(
                try JinjaSequence(sequence.kind, (0..<copies).flatMap { _ in sequence.elements }))
        default: throw JinjaFault.evaluation("\(value.typeName) cannot be repeated")
        }
    }

    private func product(_ count: Int, _ times: Int) -> Int {
        let (result, overflows) = count.multipliedReportingOverflow(by: times)
        return overflows ? .max : result
    }

    private func apply(
        _ operation: JinjaArithmetic, _ left: JinjaValue, _ right: JinjaValue, symbol: String
    ) throws -> JinjaValue {
        if left.isUndefined { throw useOfUndefined(left) }
        if right.isUndefined { throw useOfUndefined(right) }
        if let left = left.asInteger, let right = right.asInteger {
            return try PythonNumbers.apply(operation, left, right)
        }
        if let left = left.asDouble, let right = right.asDouble {
            return .float(try PythonNumbers.apply(operation, left, right))
        }
        throw JinjaFault.evaluation("`\(symbol)` does not work on \(left.typeName) and \(right.typeName)")
    }
}
