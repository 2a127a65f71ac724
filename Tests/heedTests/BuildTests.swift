import Foundation
import Testing

/// What `make test` says of its build, as the other tests rely on it to find what would not show otherwise.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["HEED_CHECKED"] != nil, "runs in make test"))
struct BuildTests {
    @Test func assertionsAreOn() {
        var isEvaluated = false
        assert(
            {
                isEvaluated = true
                return true
            }())
        #expect(isEvaluated)
    }

    @Test func trapsOfDebugAreOn() async {
        await #expect(processExitsWith: .failure) {
            let numbers = UnsafeMutableBufferPointer<Int>.allocate(capacity: 4)
            numbers[4 + min(CommandLine.arguments.count, 1)] = 1
        }
    }

    /// Without optimisation, handles that are let go too early live on by accident until their scope ends.
    @Test func whatIsNoLongerUsedIsFreed() {
        #expect(Handle.liveWhilePointersAreUsed(3) == 0)
    }
}

private final class Handle {
    private static nonisolated(unsafe) var live = 0

    init() { Self.live += 1 }
    deinit { Self.live -= 1 }

    /// The mistake that the tests are to find: pointers that are used after the last use of what they point to.
    static func liveWhilePointersAreUsed(_ count: Int) -> Int {
        let handles = made(count)
        let pointers = handles.map { Unmanaged.passUnretained($0).toOpaque() }
        return live(beside: pointers)
    }

    @inline(never) private static func made(_ count: Int) -> [Handle] { (0..<count).map { _ in Handle() } }
    @inline(never) private static func live(beside pointers: [UnsafeMutableRawPointer]) -> Int { live }
}
