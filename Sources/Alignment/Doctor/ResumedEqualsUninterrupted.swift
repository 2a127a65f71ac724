import Foundation
import LanguageModels

/// A training that was put away and taken up again goes on as if nothing had happened, bit by bit.
struct ResumedEqualsUninterrupted: Invariant {
    /// A training at its first step.
    let begin: () throws -> any TrainingMethod
    /// Writes all that goes on needs to a folder.
    let save: (any TrainingMethod, URL) throws -> Void
    /// Brings a training at its first step to where the written one was.
    let restore: (any TrainingMethod, URL) throws -> Void
    /// What has been learned so far, as copies.
    let learned: () -> [NamedTensor]
    let folder: URL

    let name = "resume bit-equal"
    let advice =
        "--resume would train another model than an uninterrupted run; do not use it here, and report it"

    func measure() throws -> Deviation {
        let uninterrupted = try begin()
        _ = try (uninterrupted.step(), uninterrupted.step())
        try save(uninterrupted, folder)
        let wanted = try [uninterrupted.step(), uninterrupted.step()]
        let weights = learned()

        let resumed = try begin()
        try restore(resumed, folder)
        let found = try [resumed.step(), resumed.step()]
        let steps = zip(wanted, found).count { $0 != $1 }
        return Deviation(
            weights.countChanged(in: learned()) + steps, of: weights.count + wanted.count,
            "weights and steps differ")
    }
}
