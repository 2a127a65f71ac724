import Files
import Foundation

/// Holds what a `reward.json` says about a model against its number of aspects (A) and groups (G), so that what is
/// looked up by them is there.
struct RewardDescriptionCheck {
    private let description: RewardDescription
    private let file: URL
    private var aspects: Int { description.aspects.count }
    private var groups: Int { description.groups?.names.count ?? 0 }

    init(of description: RewardDescription, file: URL) {
        self.description = description
        self.file = file
    }

    /// - Throws: `MalformedFile`.
    func run() throws {
        try require(aspects > 0, "aspects", "at least one name", "none")
        try require(
            Set(description.aspects).count == aspects, "aspects", "names that differ", "one of them twice")
        if let groups = description.groups {
            try require(!groups.names.isEmpty, "groups.names", "at least one name", "none")
        }
        try checkLikelihood()
        if let normalizer = description.normalizer {
            try checkViews(normalizer.means, "normalizer.means")
            try checkViews(normalizer.deviations, "normalizer.standard_deviations")
        }
    }

    private func checkLikelihood() throws {
        let likelihood = description.likelihood
        try checkCount(likelihood.thumbOffsets?.count, aspects, "likelihood.thumb_offsets")
        try checkCount(likelihood.logTies?.count, aspects, "likelihood.log_ties")
        try checkCount(likelihood.groupLeniencies?.count, groups, "likelihood.group_leniencies")
        for leniencies in likelihood.groupLeniencies ?? [] {
            try checkCount(leniencies.count, aspects, "likelihood.group_leniencies")
        }
        for (number, rating) in likelihood.ratings.enumerated() {
            let key = "likelihood.ratings[\(number)]"
            try checkCount(rating.lowestThresholds.count, aspects, "\(key).lowest_thresholds")
            try checkCount(rating.logGaps.count, aspects, "\(key).log_gaps")
            for gaps in rating.logGaps {
                try checkCount(gaps.count, max(0, rating.scale.levelCount - 2), "\(key).log_gaps")
            }
        }
    }

    /// [1 + G][A].
    private func checkViews(_ values: [[Double]], _ key: String) throws {
        try checkCount(values.count, 1 + groups, key)
        for view in values { try checkCount(view.count, aspects, key) }
    }

    private func checkCount(_ count: Int?, _ expected: Int, _ key: String) throws {
        guard let count else { return }
        try require(count == expected, key, "a list of \(expected)", "one of \(count)")
    }

    private func require(_ holds: Bool, _ key: String, _ expected: String, _ found: String) throws {
        guard holds else { throw MalformedFile(file, key: key, expected: expected, found: found) }
    }
}
