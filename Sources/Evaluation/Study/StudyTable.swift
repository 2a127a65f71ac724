import Foundation

/// Every measurement of a study, a row for each answer: `measurements.csv` (RFC 4180).
struct StudyTable {
    let input: StudyInput

    var text: String {
        let judges = input.judges.map(\.name)
        let head =
            ["arm", "seed", "prompt", "answer", "tokens", "characters", "finished", "proxy", "divergence"]
            + judges.map { "score:\($0)" }
        let arms =
            [(input.startName, 0, input.start)]
            + input.arms.flatMap { arm in arm.seeds.enumerated().map { (arm.name, $0.offset + 1, $0.element) }
            }
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
