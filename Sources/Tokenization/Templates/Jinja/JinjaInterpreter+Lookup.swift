/// Attributes, items, slices and elements.
extension JinjaInterpreter {
    /// `value.name`: a method or attribute first, then an item of a mapping.
    func attribute(_ name: String, of value: JinjaValue) throws -> JinjaValue {
        switch value {
        case .undefined: throw useOfUndefined(value)
        case .namespace(let namespace): namespace.attributes[name] ?? missing(name, in: value)
        case .loop(let loop): loop[name]
        case .macro(let closure): try closure.attribute(name) ?? missing(name, in: value)
        case .integer, .boolean, .float: numberAttribute(name, of: value) ?? missing(name, in: value)
        case .mapping(let mapping):
            method(name, of: value) ?? mapping.entries[name] ?? missing(name, in: value)
        default: method(name, of: value) ?? missing(name, in: value)
        }
    }

    /// What Python's numbers have without a call.
    private func numberAttribute(_ name: String, of number: JinjaValue) -> JinjaValue? {
        let whole = number.asInteger.map(JinjaValue.integer)
        switch name {
        case "real": return whole ?? number
        case "imag": return whole == nil ? .float(0) : .integer(0)
        case "numerator": return whole
        case "denominator": return whole.map { _ in .integer(1) }
        default: return nil
        }
    }

    /// `value[key]`: an item first, then, for a string, a method or attribute.
    func item(_ key: JinjaValue, of value: JinjaValue) throws -> JinjaValue {
        if case .string(let name) = key { try budget.spend(textBytes: name.utf8.count) }
        switch (value, key) {
        case (.undefined, _): throw useOfUndefined(value)
        case (.mapping(let mapping), .string(let name)):
            return mapping.entries[name] ?? method(name, of: value) ?? missing(name, in: value)
        case (_, .string(let name)): return try attribute(name, of: value)
        case (.sequence(let sequence), _) where sequence.isIndexed:
            if let index = key.asInteger, let position = position(index, count: sequence.elements.count) {
                return sequence.elements[position]
            }
        case (.string(let text), _):
            if let index = key.asInteger {
                try budget.spend(textBytes: text.utf8.count)
                let scalars = text.unicodeScalars
                if let position = position(index, count: scalars.count) {
                    return .string(String(scalars[scalars.index(scalars.startIndex, offsetBy: position)]))
                }
            }
        default: break
        }
        return .undefined("the element \(try representation(of: key)) of \(value.typeName)")
    }

    private func method(_ name: String, of value: JinjaValue) -> JinjaValue? {
        guard JinjaMethods.method(name, of: value) != nil else { return nil }
        return .method(JinjaMethodReference(name, of: value))
    }

    private func missing(_ name: String, in value: JinjaValue) -> JinjaValue {
        .undefined("`\(name)` of \(value.typeName)")
    }

    func useOfUndefined(_ value: JinjaValue) -> JinjaFault {
        guard case .undefined(let what) = value else {
            return .evaluation("\(value.typeName) cannot be used here")
        }
        return .evaluation("\(what) is undefined")
    }

    private func position(_ index: Int, count: Int) -> Int? {
        let position = index < 0 ? index + count : index
        return (0..<count).contains(position) ? position : nil
    }

    // MARK: Slices

    func slice(
        _ value: JinjaValue, lower: JinjaValue?, upper: JinjaValue?, step: JinjaValue?
    ) throws -> JinjaValue {
        switch value {
        case .string(let text):
            try budget.spend(textBytes: text.utf8.count, times: MemoryLayout<Unicode.Scalar>.size)
            let scalars = Array(text.unicodeScalars)
            let positions = try positions(count: scalars.count, lower, upper, step)
            var result = String.UnicodeScalarView()
            for position in positions { result.append(scalars[position]) }
            return .string(String(result))
        case .sequence(let sequence) where sequence.isIndexed:
            let positions = try positions(count: sequence.elements.count, lower, upper, step)
            try budget.spend(operations: sequence.elements.count)
            let kind: JinjaSequence.Kind = sequence.kind == .tuple ? .tuple : .list
            return .sequence(try JinjaSequence(kind, positions.map { sequence.elements[$0] }))
        case .undefined: throw useOfUndefined(value)
        default: throw JinjaFault.evaluation("\(value.typeName) cannot be sliced")
        }
    }

    /// The positions that `[lower:upper:step]` names, by Python's rules for bounds beyond the ends.
    private func positions(
        count: Int, _ lower: JinjaValue?, _ upper: JinjaValue?, _ step: JinjaValue?
    ) throws -> StrideTo<Int> {
        let step = try bound(step) ?? 1
        guard step != 0 else { throw JinjaFault.evaluation("the step of a slice cannot be 0") }
        let range = step > 0 ? 0...count : -1...count - 1
        func clamp(_ index: Int) -> Int {
            let position = index < 0 ? max(index, -count - 1) + count : index
            return min(max(position, range.lowerBound), range.upperBound)
        }
        let start = try bound(lower).map(clamp) ?? (step > 0 ? range.lowerBound : range.upperBound)
        let end = try bound(upper).map(clamp) ?? (step > 0 ? range.upperBound : range.lowerBound)
        return stride(from: start, to: end, by: min(max(step, -count - 1), count + 1))
    }

    private func bound(_ value: JinjaValue?) throws -> Int? {
        guard let value else { return nil }
        if case .null = value { return nil }
        guard let index = value.asInteger else {
            throw JinjaFault.evaluation("a bound of a slice must be an integer, found \(value.typeName)")
        }
        return index
    }

    // MARK: Elements

    /// What a loop over the value goes through: the characters of a string, the keys of a mapping.
    func elements(of value: JinjaValue) throws -> [JinjaValue] {
        let elements: [JinjaValue]
        switch value {
        case .undefined: return []
        case .string(let text):
            try budget.spend(textBytes: text.utf8.count)
            try budget.spend(operations: text.unicodeScalars.count)
            return text.unicodeScalars.map { .string(String($0)) }
        case .sequence(let sequence): elements = sequence.elements
        case .mapping(let mapping): elements = mapping.entries.keys.map(JinjaValue.string)
        case .iterator(let iterator): elements = iterator.rest()
        default: throw JinjaFault.evaluation("\(value.typeName) cannot be iterated over")
        }
        try budget.spend(operations: elements.count)
        return elements
    }

    /// The characters of a string, the elements of a sequence, the entries of a mapping; 0 for what is
    /// undefined.
    func length(of value: JinjaValue) throws -> Int {
        switch value {
        case .undefined: return 0
        case .string(let text):
            try budget.spend(textBytes: text.utf8.count)
            return text.unicodeScalars.count
        case .sequence(let sequence): return sequence.elements.count
        case .mapping(let mapping): return mapping.entries.count
        default: throw JinjaFault.evaluation("\(value.typeName) has no length")
        }
    }
}
