import Testing

/// Whether two numbers agree to `relative` of the larger of `floor` and the expected one's size.
public func isClose(_ found: Double, _ expected: Double, relative: Double, floor: Double = 1) -> Bool {
    if found == expected || (found.isNaN && expected.isNaN) { return true }
    return abs(found - expected) <= relative * max(floor, abs(expected))
}

/// Expects lists to agree element by element, and says where they differ most.
public func expectClose(
    _ found: [Double], _ expected: [Double], relative: Double, floor: Double = 1, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(found.count == expected.count, "\(what): counts differ", sourceLocation: sourceLocation)
    for (index, pair) in zip(found, expected).enumerated()
    where !isClose(pair.0, pair.1, relative: relative, floor: floor) {
        Issue.record(
            "\(what)[\(index)]: found \(pair.0), expected \(pair.1), relative tolerance \(relative)",
            sourceLocation: sourceLocation)
        return
    }
}

public func expectClose(
    _ found: Double, _ expected: Double, relative: Double, floor: Double = 1, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    expectClose([found], [expected], relative: relative, floor: floor, what, sourceLocation: sourceLocation)
}
