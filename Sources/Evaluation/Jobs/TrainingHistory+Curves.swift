import Charts
import Runs
import Statistics

extension TrainingHistory {
    /// The curves that matter for the run's method; nil where it logged none of them.
    var curves: Report.CurveGroup? {
        let guide = MethodGuide(verb: verb)
        let charts = guide.pictures.compactMap(chart)
        guard !charts.isEmpty else { return nil }
        return Report.CurveGroup(name: name, explanation: guide.explanation, charts: charts)
    }

    private func chart(_ picture: MethodGuide.Picture) -> LineChart? {
        let series = picture.metrics.enumerated().compactMap { index, metric -> LineChart.Series? in
            let points = records.compactMap { record in
                record[metric].map { (step: Double(record.step), value: $0) }
            }
            guard !points.isEmpty else { return nil }
            return LineChart.Series(
                name: metric, style: index + 1, x: points.map(\.step), y: points.map(\.value))
        }
        guard !series.isEmpty else { return nil }
        let summary = series.map { line in
            let values = line.y.compactMap(\.self).map(NumberStyle.plain.text)
            return "\(line.name): from \(values.first ?? "–") to \(values.last ?? "–")."
        }
        return LineChart(
            title: picture.title, summary: summary.joined(separator: " "), horizontal: Axis("step"),
            vertical: Axis(picture.unit), series: series, guide: picture.guide)
    }
}

/// Which curves of a method say how it went, and how to read them.
private struct MethodGuide {
    struct Picture {
        let title: String
        let unit: String
        let metrics: [String]
        /// Chance, or no change.
        var guide: Double?
    }

    let explanation: String
    let pictures: [Picture]

    init(verb: String) {
        switch verb {
        case "ppo":
            explanation =
                "The reward model's score should rise while the KL to the reference stays small. The loss says little: "
                + "look at score, KL and length together, for a score that rises with length alone is a shortcut."
            pictures = [
                Picture(title: "Score by the reward model", unit: "score", metrics: ["objective/scores"]),
                Picture(title: "KL to the reference", unit: "nats per response", metrics: ["objective/kl"]),
                Picture(title: "Length of responses", unit: "tokens", metrics: ["completions/mean_length"]),
                Picture(
                    title: "Variance that the critic explains", unit: "share",
                    metrics: ["critic/vf_explained_var"], guide: 0),
            ]
        case "grpo":
            explanation =
                "The reward should rise while answers keep their length and their entropy. The loss says nothing: it is "
                + "near zero by construction. Prompts whose answers all have the same reward teach nothing."
            pictures = [
                Picture(title: "Reward", unit: "reward", metrics: ["reward"]),
                Picture(title: "KL to the reference", unit: "nats per token", metrics: ["kl"]),
                Picture(
                    title: "Prompts without a difference", unit: "share", metrics: ["frac_reward_zero_std"]),
                Picture(title: "Length of responses", unit: "tokens", metrics: ["completions/mean_length"]),
                Picture(title: "Entropy", unit: "nats per token", metrics: ["entropy"]),
            ]
        case "dpo":
            explanation =
                "The chosen answers' margin over the rejected ones should grow. Both log-probabilities may fall: the loss "
                + "asks only for their difference."
            pictures = [
                Picture(title: "Loss (no preference: 0.693)", unit: "nats", metrics: ["loss", "eval_loss"]),
                Picture(
                    title: "Comparisons ordered rightly", unit: "share",
                    metrics: ["rewards/accuracies", "eval_rewards/accuracies"], guide: 0.5),
                Picture(
                    title: "Implicit rewards", unit: "β × log-ratio",
                    metrics: ["rewards/chosen", "rewards/rejected"], guide: 0),
            ]
        case "reward":
            explanation =
                "Accuracy on comparisons that it was not trained on (eval_) is what counts; where the training curve rises "
                + "and that one falls, it learns by heart."
            pictures = [
                Picture(title: "Loss (a coin: 0.693)", unit: "nats", metrics: ["loss", "eval_loss"]),
                Picture(
                    title: "Comparisons ordered rightly", unit: "share",
                    metrics: ["accuracy", "eval_accuracy"],
                    guide: 0.5),
                Picture(
                    title: "Margin between the answers", unit: "score", metrics: ["margin", "eval_margin"]),
            ]
        default:
            explanation =
                "The loss should fall and level off; a rising evaluation loss says that it learns by heart."
            pictures = [
                Picture(title: "Loss", unit: "nats per token", metrics: ["loss", "eval_loss"]),
                Picture(
                    title: "Tokens predicted rightly", unit: "share",
                    metrics: ["mean_token_accuracy", "eval_mean_token_accuracy"]),
                Picture(title: "Gradient norm", unit: "norm", metrics: ["grad_norm"]),
            ]
        }
    }
}
