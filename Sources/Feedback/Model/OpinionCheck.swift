/// Checks an opinion against what a project asks.
struct OpinionCheck {
    let definition: ProjectDefinition
    let responseCount: Int

    /// - Throws: ``FeedbackError/invalidOpinion(field:expected:found:)`` for the first thing that does not fit.
    func validate(_ opinion: Opinion) throws {
        try validateFlags(opinion.flags)
        try validateEdits(opinion.edits)
        for (aspect, verdict) in opinion.verdicts.sorted(by: { $0.key < $1.key }) {
            try validate(verdict, on: aspect)
        }
        try validateReason(opinion.reason)
        // An item that something is wrong with need not be judged besides.
        if opinion.flags.isEmpty { try requireAnswer(opinion) }
    }

    private func requireAnswer(_ opinion: Opinion) throws {
        if definition.task == .edit {
            try require(!opinion.edits.isEmpty, "edits", "the answer as it should be, or a flag", "neither")
        } else {
            for aspect in definition.aspects {
                try require(
                    opinion.verdicts[aspect.name] != nil, field(aspect.name), "a verdict, or a flag",
                    "neither")
            }
        }
    }

    private func validate(_ verdict: ItemVerdict, on aspect: String) throws {
        let names = definition.aspects.map { "\"\($0.name)\"" }.joined(separator: ", ")
        try require(
            definition.task != .edit && definition.aspects.contains { $0.name == aspect }, "verdicts",
            definition.task == .edit ? "none, as answers are edited" : "aspects among \(names)",
            "\"\(aspect)\"")
        switch definition.task {
        case .compare, .chat: try validate(choice: verdict, on: aspect)
        case .rank:
            guard case .ranking(let ranks) = verdict else { throw ofAnotherTask(verdict, on: aspect) }
            try validate(ranking: ranks, on: aspect)
        case .rate:
            guard case .marks(let marks) = verdict else { throw ofAnotherTask(verdict, on: aspect) }
            try validateCount(marks.count, on: aspect)
            let range = definition.lowestMark...definition.highestMark
            try require(
                marks.allSatisfy(range.contains), field(aspect),
                "marks of \(range.lowerBound) to \(range.upperBound)", "\(marks)")
        case .thumbs:
            guard case .thumbs(let thumbs) = verdict else { throw ofAnotherTask(verdict, on: aspect) }
            try validateCount(thumbs.count, on: aspect)
        case .edit: throw ofAnotherTask(verdict, on: aspect)
        }
    }

    private func validate(choice verdict: ItemVerdict, on aspect: String) throws {
        switch verdict {
        case .better(let position, let strength):
            try require((0..<responseCount).contains(position), field(aspect), "0 or 1", "\(position)")
            try require(
                (1...definition.strengths).contains(strength), field(aspect),
                "a strength of 1 to \(definition.strengths)", "\(strength)")
        case .tie:
            try require(definition.allowsTie, field(aspect), "a choice, as ties are not allowed", "a tie")
        case .bothBad:
            try require(definition.allowsBothBad, field(aspect), "a choice or a tie", "\"both are bad\"")
        case .ranking, .marks, .thumbs: throw ofAnotherTask(verdict, on: aspect)
        }
    }

    private func validate(ranking ranks: [Int], on aspect: String) throws {
        try validateCount(ranks.count, on: aspect)
        try require(
            ranks.allSatisfy((1...responseCount).contains) && ranks.contains(1), field(aspect),
            "ranks of 1 to \(responseCount), the best with 1", "\(ranks)")
        try require(
            definition.allowsTie || Set(ranks).count == ranks.count, field(aspect),
            "ranks that differ, as ties are not allowed", "\(ranks)")
    }

    private func validateFlags(_ flags: [Int: [Flag]]) throws {
        for (position, named) in flags {
            try validate(position: position, in: "flags")
            try require(
                !named.isEmpty && Set(named).count == named.count, "flags", "flags that differ, or no entry",
                "\(named.map(\.rawValue))")
        }
    }

    private func validateEdits(_ edits: [Int: String]) throws {
        guard !edits.isEmpty else { return }
        try require(
            definition.allowsEdit || definition.task == .edit, "edits", "none, as the project asks for none",
            "\(edits.count)")
        for (position, text) in edits {
            try validate(position: position, in: "edits")
            try require(!text.isBlank, "edits", "an answer", "an empty text")
        }
    }

    private func validateReason(_ reason: String) throws {
        switch definition.reason {
        case .never: try require(reason.isEmpty, "reason", "none, as the project asks for none", "one")
        case .optional: break
        case .required: try require(!reason.isBlank, "reason", "a reason, which the project requires", "none")
        }
    }

    private func validate(position: Int, in field: String) throws {
        try require(
            (0..<responseCount).contains(position), field, "positions below \(responseCount)", "\(position)")
    }

    private func validateCount(_ count: Int, on aspect: String) throws {
        try require(
            count == responseCount, field(aspect), "\(responseCount) values, one for each answer", "\(count)")
    }

    private func ofAnotherTask(_ verdict: ItemVerdict, on aspect: String) -> FeedbackError {
        problem(field(aspect), "a verdict of the task \(definition.task)", "\(verdict)")
    }

    private func field(_ aspect: String) -> String { aspect.isEmpty ? "verdict" : "verdict on \(aspect)" }

    private func require(_ holds: Bool, _ field: String, _ expected: String, _ found: String) throws {
        guard holds else { throw problem(field, expected, found) }
    }

    private func problem(_ field: String, _ expected: String, _ found: String) -> FeedbackError {
        .invalidOpinion(field: field, expected: expected, found: found)
    }
}
