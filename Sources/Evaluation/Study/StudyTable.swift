import Foundation

/// Every measurement of some models, a row for each answer (RFC 4180).
struct StudyTable {
    let judges: [String]
    /// Of arms, or of the policies of groups, by name.
    let measured: [(name: String, seeds: [ArmMeasurement])]

    /// `measurements.csv`.
    init(_ input: StudyInput) {
        judges = input.judges.map(\.name)
        measured = input.arms.map { ($0.name, $0.seeds) }
        start = (input.startName, input.start)
    }

    /// `groups.csv`: the judges are those of the groups.
    init(_ groups: GroupsInput, startName: String) {
        judges = groups.groups.map(\.name)
        measured = groups.policies.map { ($0.name, $0.seeds) }
        start = (startName, groups.start)
    }

    private let start: (name: String, measurement: ArmMeasurement)

    var text: String {
        let head =
            ["arm", "seed", "prompt", "answer", "tokens", "characters", "finished", "proxy", "divergence"]
            + judges.map { "score:\($0)" }
        let arms =
            [(start.name, 0, start.measurement)]
            + measured.flatMap { arm in arm.seeds.enumerated().map { (arm.name, $0.offset + 1, $0.element) } }
        let rows = arms.flatMap { name, seed, measured in
            var counts: [Int: Int] = [:]
            return measured.answers.map { answer in
                counts[answer.prompt, default: 0] += 1
                return [
                    name, "\(seed)", "\(answer.prompt + 1)", "\(counts[answer.prompt] ?? 1)",
                    "\(answer.tokens)",
                    "\(answer.length)", "\(answer.isFinished)", number(answer.proxy),
                    number(answer.divergence),
                ] + judges.map { number(answer.scores[$0]) }
            }
        }
        return ([head] + rows).map { $0.map(quoted).joined(separator: ",") + "\r\n" }.joined()
    }

    /// Nothing where nothing was measured.
    private func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }

    private func quoted(_ cell: String) -> String {
        guard cell.contains(where: { ",\"\r\n".contains($0) }) else { return cell }
        return "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
}
