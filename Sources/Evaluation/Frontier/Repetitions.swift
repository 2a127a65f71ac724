import Foundation
import Statistics

/// Roads of a frontier that are one run by several seeds.
struct Repetitions {
    /// Names of roads, two or more together.
    let groups: [[String]]

    /// - Parameters:
    ///   - roads: of the frontier, those that are runs.
    ///   - histories: of these runs, among others.
    init(_ roads: [ArmArgument], _ histories: [TrainingHistory]) {
        var groups: [[(name: String, history: TrainingHistory)]] = []
        for road in roads {
            let path = URL(fileURLWithPath: road.path).path
            guard let history = histories.first(where: { $0.folder.path == path }) else { continue }
            let alike = groups.firstIndex { $0[0].history.manifest.isRepetition(of: history.manifest) }
            if let alike {
                groups[alike].append((road.name, history))
            } else {
                groups.append([(road.name, history)])
            }
        }
        self.groups = groups.filter { $0.count > 1 }.map { $0.map(\.name) }
    }

    /// What readers are to know of the intervals, a sentence for each group; nil where there is none.
    func note(on frontier: Report.Frontier) -> String? {
        guard !groups.isEmpty else { return nil }
        return groups.map { names in
            let turns = names.map { name in
                let turn = frontier.roads.first { $0.name == name }?.gold?.turn
                return "\(name) \(turn.map { "at √KL \(NumberStyle.plain.text($0.mean))" } ?? "nowhere")"
            }
            return
                "\(names.joined(separator: ", ")) are one run by \(names.count) seeds, and \(frontier.gold) turns: "
                + turns.joined(separator: ", ")
                + ". Their intervals draw prompts and not seeds: what another seed would do, these roads say by how "
                + "far they lie apart."
        }.joined(separator: " ")
    }
}
