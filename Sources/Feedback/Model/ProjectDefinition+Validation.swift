extension ProjectDefinition {
    /// - Throws: ``FeedbackError/invalidDefinition(setting:expected:found:)`` for the first setting that makes no sense.
    public func validate() throws {
        try validateQuestions()
        try validateGroups()
        try require(overlap >= 1, "overlap", "at least 1 person per item", "\(overlap)")
        try require(leaseSeconds >= 1, "lease_seconds", "at least 1", "\(leaseSeconds)")
        try require(repeatDistance >= 1, "repeat_distance", "at least 1", "\(repeatDistance)")
        try validate(share: goldShare, in: 0...0.5, "gold_share")
        try validate(share: repeatShare, in: 0...0.5, "repeat_share")
        try validate(share: randomShare, in: 0...1, "random_share")
        try validate(share: stoppingWidth, in: 0...1, "stopping_width")
        try require(
            selection == .random || randomShare > 0, "random_share",
            "more than 0 where items are selected, as estimates rest on the random ones", "0")
    }

    private func validateQuestions() throws {
        try require(!question.isBlank, "question", "a question", "an empty one")
        try require(!aspects.isEmpty, "aspects", "at least one", "none")
        let names = aspects.map(\.name)
        try require(
            Set(names).count == names.count, "aspects", "names that differ", names.joined(separator: ", "))
        try require(
            names.count == 1 || names.allSatisfy { !$0.isBlank }, "aspects", "a name for each of several",
            "one without a name")
        try require((1...4).contains(strengths), "strengths", "1 to 4", "\(strengths)")
        try require(
            lowestMark < highestMark && highestMark - lowestMark <= 100, "highest_mark",
            "more than lowest_mark (\(lowestMark)), by at most 100", "\(highestMark)")
    }

    private func validateGroups() throws {
        let names = groups.map(\.name)
        try require(
            Set(names).count == names.count && names.allSatisfy { !$0.isBlank }, "groups",
            "names that differ",
            names.joined(separator: ", "))
        for group in groups {
            try require(
                !group.values.isEmpty && Set(group.values).count == group.values.count
                    && group.values.allSatisfy { !$0.isBlank },
                "groups", "values of \"\(group.name)\" that differ", group.values.joined(separator: ", "))
        }
    }

    private func validate(share: Double, in range: ClosedRange<Double>, _ setting: String) throws {
        try require(
            range.contains(share), setting, "\(range.lowerBound) to \(range.upperBound)", "\(share)")
    }

    private func require(_ holds: Bool, _ setting: String, _ expected: String, _ found: String) throws {
        guard holds else {
            throw FeedbackError.invalidDefinition(setting: setting, expected: expected, found: found)
        }
    }
}

extension String {
    var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
