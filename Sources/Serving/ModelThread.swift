import Dispatch
import Foundation
import Synchronization

/// Runs an actor on one thread that nothing else uses, in the order of what it is asked.
final class ModelThread: SerialExecutor {
    private let jobs = Mutex<[UnownedJob]>([])
    /// Counts the jobs that wait; one more than there are ends the thread.
    private let waiting = DispatchSemaphore(value: 0)

    init() {
        let thread = Thread { [self] in
            while let job = next() { job.runSynchronously(on: asUnownedSerialExecutor()) }
        }
        thread.name = "models"
        // As much as the main thread has.
        thread.stackSize = 8 << 20
        thread.start()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        waiting.signal()
    }

    /// Ends the thread once it has done what was asked of it.
    func stop() { waiting.signal() }

    private func next() -> UnownedJob? {
        waiting.wait()
        return jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}
