/// The chance that at least one of `k` answers is right, estimated without bias from `count` answers of which `right` are
/// right (Chen et al., "Evaluating Large Language Models Trained on Code", 2021, equation 1): 1 − C(n − c, k) / C(n, k).
///
/// - Parameter k: from 1 to `count`.
public func passRate(at k: Int, right: Int, of count: Int) -> Double {
    precondition((1...count).contains(k), "pass@\(k) of \(count) answers")
    precondition((0...count).contains(right), "\(right) right of \(count) answers")
    let wrong = count - right
    guard wrong >= k else { return 1 }
    return 1 - (0..<k).reduce(1.0) { $0 * Double(wrong - $1) / Double(count - $1) }
}
