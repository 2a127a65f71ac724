import Foundation
import LanguageModels
import Training

/// A training run that was saved and resumed continues as if nothing had happened, bit by bit.
struct ResumedEqualsUninterrupted: Invariant {
    /// A training run at its first step.
    let begin: () throws -> any Trainer
    /// Writes all that resuming needs to a folder.
    let save: (any Trainer, URL) throws -> Void
    /// Brings a training run at its first step to where the saved one was.
    let restore: (any Trainer, URL) throws -> Void
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
