import Foundation
import RandomNumbers
import Settings

extension StudyPlan {
    /// The axes along which an arm is searched: its own, and those of all arms that it knows.
    private func axes(of arm: StudyArm) -> [SearchAxis] {
        guard let search = file.search, case .trained(let stages) = arm.kind, let last = stages.last else {
            return []
        }
        return search.space.filter { axis in
            knows(axis.key, last.verb) && !arm.search.contains { $0.key == axis.key }
        } + arm.search
    }

    /// What is tried for an arm: the same draws for arms with the same axes.
    func trials(of arm: StudyArm) -> [[Setting]] {
        guard let search = file.search else { return [] }
        return axes(of: arm).trials(search.trials, seed: StableHash("search \(file.seed)".utf8).value)
    }

    /// How often trials are looked at: once, or until halving leaves one of them.
    var rungs: Int {
        guard let search = file.search else { return 0 }
        guard search.procedure == .halving else { return 1 }
        return Int(log2(Double(search.trials)).rounded(.up))
    }

    /// Updates of the trials of a rung; nil: as the file says. The last rung of halving has half of the budget, each before it
    /// half of the next one's.
    func updates(ofRung rung: Int) -> Int? {
        guard let search = file.search, search.procedure == .halving, let updates = file.budget.updates else {
            return file.search?.updates ?? file.budget.updates
        }
        return max(1, updates >> (rungs - rung))
    }

    /// How many trials of a rung go on to the next.
    func survivors(of count: Int) -> Int { file.search?.procedure == .halving ? (count + 1) / 2 : 1 }

    func trialName(_ trial: Int, rung: Int) -> String {
        "trial-\(trial + 1)" + (rungs > 1 ? "-rung-\(rung + 1)" : "")
    }

    func trial(_ trial: Int, of arm: StudyArm, rung: Int) throws -> [RecipeFile.Entry] {
        try training(
            trialName(trial, rung: rung), of: arm, seed: file.seed, chosen: trials(of: arm)[trial],
            updates: updates(ofRung: rung), on: "validation")
    }
}
