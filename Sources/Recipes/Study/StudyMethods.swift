import Evaluation
import Foundation
import Statistics

/// How a study was done and what it cannot say, written from its file.
struct StudyMethods {
    private let file: StudyFile
    private let registration: Registration

    init(_ file: StudyFile, _ registration: Registration) {
        (self.file, self.registration) = (file, registration)
    }

    var paragraphs: [String] {
        [start, budget, search, measured, groups, statistics, registered, limits].compactMap(\.self)
    }

    private var start: String {
        "Every arm begins with \(file.values["start"].map { $0.texts.joined() } ?? "one model") and learns, if it learns from "
            + "judgments, from the same ones; the reward model has seen exactly those and no others. Every arm is trained "
            + "\(file.seeds) time\(file.seeds == 1 ? "" : "s") with other seeds; the reward model is the same for all."
    }

    private var budget: String? {
        let parts = [
            file.budget.updates.map { "\($0) updates" },
            file.budget.tokens.map { "\($0) tokens sampled and trained" },
            file.budget.seconds.map { "\(NumberStyle.plain.text($0)) seconds" },
        ].compactMap(\.self)
        guard !parts.isEmpty else { return nil }
        return
            "The budget of one training is \(parts.joined(separator: ", ")). Updates are held to; where tokens or time went "
            + "beyond, the page says so at its top."
    }

    private var search: String? {
        guard let search = file.search else {
            return "No settings were searched: they are those of the file."
        }
        let way =
            search.procedure == .random
            ? "\(search.trials) sets of settings drawn by chance are trained"
            : "\(search.trials) sets of settings drawn by chance are trained for a part of the updates, the better half for twice as "
                + "many, and so on until one is left"
        return
            "Settings were chosen in the same way for every arm that has any to choose: \(way), and what counts is "
            + "\(search.criterion.description), on validation prompts that nothing else is measured on. Arms with the same space "
            + "try the same draws. What the search took is counted beside each arm."
    }

    private var measured: String {
        let settings = file.answers.isEmpty ? "the usual sampling" : file.answers.words
        return
            "All arms answer the same held-out prompts with \(settings). KL is the mean over an arm's own answers of "
            + "log p(answer | arm) − log p(answer | start), in nats for a whole answer; of the best of n it is what choosing moved, "
            + "estimated from how often answers scored alike."
    }

    private var groups: String? {
        file.groups.map { groups in
            "The arm \(groups.arm) was also trained on the judgments of \(groups.groups.map(\.name).joined(separator: ", ")) alone, of "
                + "all of them, and of all in shares proportional to exp(−\(NumberStyle.plain.text(groups.favour)) · the group's win rate "
                + "by the policy of all on the validation prompts): one step towards the worst-off. Its settings are those that the "
                + "search found for the study's first judge. A group whose judge is a reward model is measured by what learned from "
                + "the very judgments that its policy learned from."
        }
    }

    private var statistics: String {
        let percent = NumberStyle.percent
        let level = percent.text(file.analysis.level)
        return
            "A win rate is the share of pairs of answers to one prompt, over all pairs of trainings, that an arm wins; ties count "
            + "half. Intervals are for other prompts and other trainings at once: the variance is that of crossed random factors, "
            + "with Satterthwaite's degrees of freedom. Length control is a logistic model of the difference in length, with a "
            + "jackknife over prompts and trainings. Differences are called so at the level \(level) after Holm's correction for "
            + "all comparisons by all judges; alike are two arms whose \(percent.text(1 - 2 * file.analysis.level)) interval lies "
            + "within \(percent.text(file.analysis.smallestEffect)) of one half. At a matched distance gains are read off between "
            + "measured stations, evenly along √KL."
    }

    private var registered: String {
        "The file with SHA-256 \(registration.sha256) was registered at "
            + "\(registration.date.formatted(.iso8601)), before the first arm was trained"
            + (registration.changes.isEmpty
                ? ", and says the same now." : "; what has changed since is listed at the top of the page.")
    }

    private var limits: String {
        "The limits: one start, one set of judgments and one reward model, whose own chance is in no interval; judges that are "
            + "programs or models, with blind spots that an arm may have found; prompts of one kind. A study of this size says "
            + "nothing of larger models."
    }
}
