import Testing

@testable import Datasets

@Suite struct GoldenPreparationTests {
    private struct SupervisedGolden: Decodable {
        var tokens: [Int]
        var labels: [Int]
        var documentLengths: [Int]?

        private enum CodingKeys: String, CodingKey {
            case tokens = "input_ids"
            case labels
            case documentLengths = "seq_lengths"
        }

        /// Whether each token is in the loss; the first of every document never is.
        var counts: [Bool] {
            var counts = labels.map { $0 != -100 }
            var start = 0
            for length in documentLengths ?? [labels.count] {
                counts[start] = false
                start += length
            }
            return counts
        }
    }

    private func prepare(_ name: String) throws -> PreparedDataset<TokenizedSequence> {
        let settings = try GoldenCase("sft/" + name).hyperparameters
        let wraps = settings.packing == true && settings.packingStrategy == "wrapped"
        let preparation = SupervisedPreparation(
            tokenizer: try Fixtures.tokenizer(), maximumLength: wraps ? nil : settings.maximumLength ?? 512,
            completionOnly: settings.completionOnly.map { $0 ? .on : .off } ?? .auto,
            assistantOnly: settings.assistantOnly ?? false)
        return try preparation.prepare(try Fixtures.data("sft/" + settings.dataset))
    }

    @Test(arguments: [
        "assistant_only", "boundary_merge", "completion_only", "conversational_prompt_completion",
        "full_sequence_on_prompt_completion", "messages_all_tokens", "text", "truncated",
    ])
    func supervised(_ name: String) throws {
        let expected = try GoldenCase.preparedRows("sft/" + name, of: SupervisedGolden.self)
        let prepared = try prepare(name)
        try #require(prepared.rows.count == expected.count)
        for (row, expected) in zip(prepared.rows, expected) {
            #expect(row.tokens == expected.tokens)
            #expect(row.counts == expected.counts)
            #expect(row.labels == expected.labels.map { $0 != -100 })
        }
        #expect(prepared.report.rowsDropped == 24 - expected.count)
        #expect(prepared.report.tokensKept == expected.reduce(0) { $0 + $1.tokens.count })
    }

    @Test func packing() throws {
        for (name, pack) in [
            ("packing_bfd", Packing.bestFitDecreasing), ("packing_wrapped", Packing.wrapped),
        ] {
            let expected = try GoldenCase.preparedRows("sft/" + name, of: SupervisedGolden.self)
            let length = try #require(try GoldenCase("sft/" + name).hyperparameters.maximumLength)
            let packed = pack(try prepare(name).rows, length)
            try #require(packed.count == expected.count)
            for (row, expected) in zip(packed, expected) {
                #expect(row.tokens == expected.tokens)
                #expect(row.counts == expected.counts)
                #expect(row.documentLengths == expected.documentLengths ?? [expected.tokens.count])
            }
        }
    }

    private struct ComparisonGolden: Decodable {
        var prompt: [Int]
        var chosen: [Int]
        var rejected: [Int]

        private enum CodingKeys: String, CodingKey {
            case prompt = "prompt_ids"
            case chosen = "chosen_ids"
            case rejected = "rejected_ids"
        }
    }

    @Test(arguments: ["boundary_merge", "sigmoid_conversational_beta2", "sigmoid_plain", "sigmoid_truncated"])
    func comparisons(_ name: String) throws {
        let expected = try GoldenCase.preparedRows("dpo/" + name, of: ComparisonGolden.self)
        let settings = try GoldenCase("dpo/" + name).hyperparameters
        let preparation = ComparisonPreparation(
            tokenizer: try Fixtures.tokenizer(), maximumLength: settings.maximumLength)
        let prepared = try preparation.prepare(try Fixtures.data("dpo/" + settings.dataset))
        try #require(prepared.rows.count == expected.count)
        for (row, expected) in zip(prepared.rows, expected) {
            // The file lists the answers before they are cut to what the maximum length leaves them.
            let space = (settings.maximumLength ?? .max) - expected.prompt.count
            #expect(row.prompt == expected.prompt)
            #expect(row.chosen == Array(expected.chosen.prefix(space)))
            #expect(row.rejected == Array(expected.rejected.prefix(space)))
        }
        #expect(prepared.rows.map { $0.row + 1 } == prepared.places.map(\.line))
    }

    private struct FramedGolden: Decodable {
        var chosen: [Int]
        var chosenLabels: [Int]
        var rejected: [Int]

        private enum CodingKeys: String, CodingKey {
            case chosen = "chosen_input_ids"
            case chosenLabels = "chosen_labels"
            case rejected = "rejected_input_ids"
        }
    }

    /// A begin token before and an end token behind, whatever the template wrote.
    @Test(arguments: ["orpo/orpo_plain", "orpo/orpo_conversational_beta2", "cpo/cpo_sigmoid_plain"])
    func framedComparisons(_ name: String) throws {
        let expected = try GoldenCase.preparedRows(name, of: FramedGolden.self)
        let settings = try GoldenCase(name).hyperparameters
        let preparation = ComparisonPreparation(
            tokenizer: try Fixtures.tokenizer(), maximumLength: settings.maximumLength, framesSequences: true)
        let prepared = try preparation.prepare(try Fixtures.data("cpo/" + settings.dataset))
        try #require(prepared.rows.count == expected.count)
        for (row, expected) in zip(prepared.rows, expected) {
            #expect(row.prompt + row.chosen == expected.chosen)
            #expect(row.prompt + row.rejected == expected.rejected)
            #expect(row.prompt.count == expected.chosenLabels.prefix { $0 == -100 }.count)
        }
    }

    private struct RewardGolden: Decodable {
        var chosen: [Int]
        var rejected: [Int]

        private enum CodingKeys: String, CodingKey {
            case chosen = "chosen_ids"
            case rejected = "rejected_ids"
        }
    }

    private func prepareReward(_ name: String) throws -> PreparedDataset<TokenizedJudgment> {
        let settings = try GoldenCase("reward/" + name).hyperparameters
        let preparation = RewardPreparation(
            tokenizer: try Fixtures.tokenizer(), maximumLength: settings.maximumLength)
        return try preparation.prepare(try Fixtures.data("reward/" + settings.dataset))
    }

    /// The implicit prompt and the margin change nothing about the tokens.
    @Test(arguments: [
        ("plain", "plain"), ("conversational", "conversational"), ("implicit_prompt", "plain"),
        ("margin", "plain"),
    ])
    func rewards(_ name: String, _ expectedName: String) throws {
        let expected = try GoldenCase.preparedRows("reward/" + expectedName, of: RewardGolden.self)
        let prepared = try prepareReward(name)
        try #require(prepared.rows.count == expected.count)
        for (row, expected) in zip(prepared.rows, expected) {
            #expect(row.sequences == [expected.chosen, expected.rejected])
        }
        #expect(prepared.rows.allSatisfy { ($0.verdict != .preferred(margin: nil)) == (name == "margin") })
    }

    @Test func rewardRowsThatAreTooLongAreDroppedWhole() throws {
        let everything = try prepareReward("plain").rows
        let prepared = try prepareReward("filtered_by_max_length")
        let kept = try #require(try GoldenCase("reward/filtered_by_max_length").rowsKept)
        #expect(prepared.rows.count == kept)
        #expect(prepared.rows == everything.filter { $0.sequences.allSatisfy { $0.count <= 60 } })
    }

    /// The prompt is found in both answers, up to the blank that the answers begin with.
    @Test func implicitPromptsAreFound() throws {
        let explicit = try Fixtures.data("reward/preference_plain.jsonl").load(ComparisonRow.self)
        let implicit = try Fixtures.data("reward/preference_implicit_prompt.jsonl").load(ComparisonRow.self)
        for (explicit, implicit) in zip(explicit, implicit) {
            let split = try #require(implicit.row.splittingPrompt())
            #expect(implicit.row.prompt == nil)
            #expect(split.joined(\.chosen) == explicit.row.joined(\.chosen))
            #expect(split.joined(\.rejected) == explicit.row.joined(\.rejected))
            #expect(split == explicit.row || split.sharesMoreThanPrompt(of: explicit.row))
        }
    }
}

extension ComparisonRow {
    fileprivate func joined(_ answer: KeyPath<ComparisonRow, Text>) -> String {
        guard case .plain(let prompt)? = prompt, case .plain(let text) = self[keyPath: answer] else {
            return ""
        }
        return prompt + text
    }

    /// Two answers may begin alike.
    fileprivate func sharesMoreThanPrompt(of row: ComparisonRow) -> Bool {
        guard case .plain(let longer)? = prompt, case .plain(let shorter)? = row.prompt else { return false }
        return longer.utf8.count > shorter.utf8.count && longer.utf8.starts(with: shorter.utf8)
    }
}
