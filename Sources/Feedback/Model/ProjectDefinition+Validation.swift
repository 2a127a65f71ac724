extension ProjectDefinition {
    /// - Throws: ``FeedbackError/invalidDefinition(setting:expected:found:)`` for the first setting that makes no sense.
    public func validate() throws {
        try validateQuestions()
        try validateGroups()
        try validate(overlap, in: Limits.counts, "overlap")
        try validate(leaseSeconds, in: Limits.lease, "lease_seconds")
        try validate(repeatDistance, in: Limits.counts, "repeat_distance")
        try answersPerItem.map { try validate($0, in: task.responseCounts, "answers_per_item") }
        try validate(goldShare, in: 0...0.5, "gold_share")
        try validate(repeatShare, in: 0...0.5, "repeat_share")
        try validate(randomShare, in: 0...1, "random_share")
        try validate(stoppingWidth, in: 0...1, "stopping_width")
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
        try validate(lowestMark, in: Limits.marks, "lowest_mark")
        try validate(highestMark, in: Limits.marks, "highest_mark")
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

    private func validate<Value>(_ value: Value, in range: ClosedRange<Value>, _ setting: String) throws {
        try require(
            range.contains(value), setting, "\(range.lowerBound) to \(range.upperBound)", "\(value)")
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
