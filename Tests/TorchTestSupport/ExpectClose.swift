import Testing
import Torch

/// Every element within `tolerance` of what is expected, relative above 1 and absolute below.
public func expectClose(
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

public func expectClose(
    _ found: Tensor, _ expected: [Double], within tolerance: Double = 1e-6,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    expectClose(found.doubles(), expected, within: tolerance, sourceLocation: sourceLocation)
}

public func expectClose(
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
    public func leaf() -> Tensor {
        let leaf = detached().copied()
        leaf.requiresGradient = true
        return leaf
    }
}
