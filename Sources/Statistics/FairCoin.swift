import Foundation

/// How probable it is that a fair coin falls at least as unevenly as this: the exact two-sided binomial test of one half.
///
/// - Returns: 1 when nothing was thrown.
public func fairCoinProbability(heads: Int, of throwCount: Int) -> Double {
    precondition((0...throwCount).contains(heads), "\(heads) heads of \(throwCount) throws")
    let count = Double(throwCount)
    let fewer = min(heads, throwCount - heads)
    let logTotal = lgamma(count + 1) - count * log(2)
    var tail = 0.0
    for heads in 0...fewer {
        tail += exp(logTotal - lgamma(Double(heads) + 1) - lgamma(count - Double(heads) + 1))
    }
    return min(1, 2 * tail)
}
