import Evaluation
import Statistics

/// How many prompts and trainings of each arm find a difference of the smallest size of interest.
public struct StudyPower: Encodable {
    /// A number of trainings with the fewest prompts that are enough.
    public struct Design: Encodable, Hashable {
        public let trainings: Int
        /// Nil where no number of prompts is enough.
        public let prompts: Int?
    }

    public let effect: Double
    public let power: Double
    /// Of one comparison, after correction for their number.
    public let level: Double
    public let comparisons: Int
    /// Answers of each training to a prompt.
    public let answers: Int
    public let spread: ComparisonSpread
    public let designs: [Design]
    /// The trainings that the file asks for.
    public let planned: Int

    private enum CodingKeys: String, CodingKey {
        case power, level, comparisons, answers, spread, designs, planned
        case effect = "smallest_effect"
    }

    init(_ file: StudyFile) {
        let analysis = file.analysis
        let arms = file.arms.count
        let pairs = analysis.pairs?.count ?? arms * (arms + 1) / 2
        comparisons = max(1, pairs * file.judges.count)
        (effect, power, spread) = (analysis.smallestEffect, analysis.power, analysis.spread)
        level = analysis.level / Double(comparisons)
        answers = file.answers.first { $0.key == "n" }?.node.int ?? 1
        planned = file.seeds
        let (answers, effect, spread, level, power) = (answers, effect, spread, level, power)
        designs = Set([2, 3, 5, 8, 12, 20, file.seeds]).sorted().map { trainings in
            Design(
                trainings: trainings,
                prompts: ComparisonDesign.fewestPrompts(
                    trainings: trainings, answers: answers, toFind: effect, spread, level: level, power: power
                ))
        }
    }

    /// For people.
    public var lines: [String] {
        let percent = NumberStyle.percent
        let head = [
            "to find win rates \(points(effect)) from one half with a chance of \(percent.text(power)), at the level "
                + "\(NumberStyle.plain.text(level)) (\(comparisons) comparison\(comparisons == 1 ? "" : "s")), with "
                + "\(answers) answer\(answers == 1 ? "" : "s") to a prompt:"
        ]
        let rows = designs.map { design in
            let found = design.prompts.map { "\($0) prompts" } ?? "no number of prompts is enough"
            let mark = design.trainings == planned ? "  <- the file's" : ""
            return "  \(design.trainings) trainings of each arm: \(found)\(mark)"
        }
        return head + rows + [
            "taken for granted (analysis: spread): from one training to the next \(points(spread.trainings)), from prompt to "
                + "prompt \(points(spread.prompts)), a single answer \(points(spread.answers)) (standard deviations)"
        ]
    }

    private func points(_ value: Double) -> String {
        NumberStyle.plain.text(value * 100) + " points"
    }
}
