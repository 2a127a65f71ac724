import Foundation
import Synchronization

/// How often something may happen: a number at once, and a number per second in the long run.
public struct RateLimit: Hashable, Sendable {
    public var perSecond: Double
    public var burst: Double

    public init(perSecond: Double, burst: Double) {
        self.perSecond = perSecond
        self.burst = burst
    }
}

/// A token bucket for each key, by which people are told apart.
final class RateLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        var filledAt: Double
    }

    /// Full buckets say nothing, and are thrown away when there are this many.
    private static let capacity = 10_000

    private let limit: RateLimit
    private let now: @Sendable () -> Double
    private let buckets = Mutex<[String: Bucket]>([:])

    /// - Parameter now: seconds of a clock that never goes back.
    init(_ limit: RateLimit, now: @escaping @Sendable () -> Double = RateLimiter.uptime) {
        self.limit = limit
        self.now = now
    }

    /// Takes one token.
    ///
    /// - Throws: ``RequestProblem/tooMany(seconds:)`` where there is none.
    func admit(_ key: String) throws {
        let time = now()
        let wait: Double? = buckets.withLock { buckets in
            if buckets.count >= Self.capacity { removeFull(&buckets, at: time) }
            var bucket = buckets[key] ?? Bucket(tokens: limit.burst, filledAt: time)
            bucket.tokens = level(of: bucket, at: time)
            bucket.filledAt = time
            let isAdmitted = bucket.tokens >= 1
            if isAdmitted { bucket.tokens -= 1 }
            buckets[key] = bucket
            return isAdmitted ? nil : (1 - bucket.tokens) / limit.perSecond
        }
        if let wait { throw RequestProblem.tooMany(seconds: Int(wait.rounded(.up))) }
    }

    private func level(of bucket: Bucket, at time: Double) -> Double {
        min(limit.burst, bucket.tokens + (time - bucket.filledAt) * limit.perSecond)
    }

    private func removeFull(_ buckets: inout [String: Bucket], at time: Double) {
        buckets = buckets.filter { level(of: $0.value, at: time) < limit.burst }
    }

    static func uptime() -> Double { ProcessInfo.processInfo.systemUptime }
}
