import Foundation
import TestSupport
import Testing
import Tokenization
import Torch

@testable import Methods

/// Losses across tokenizers against golden numbers, and which stretches of a text they are of.
@Suite struct AlignmentTests {
    private func tensor(_ value: GoldenValue) throws -> Tensor {
        let rows = try value.doubleRows
        return Tensor(rows.flatMap { $0 }, shape: [rows.count, rows[0].count])
    }

    private func norm(_ tensor: Tensor) -> Double {
        tensor.gradient?.squared().sum().squareRoot().item() ?? 0
    }

    // MARK: ALM

    @Test func likelihoodsOfSpans() throws {
        for set in try Fixtures.goldenValues("distill/alm.json")["sets"].array {
            let spans = try set["spans"].intRows
            let student = Tensor(try set["student_logprobs"].doubles)
            let teacher = try set["teacher_logprobs"].doubles
            let others = Tensor(spans.map { teacher[$0[2]..<$0[3]].reduce(0, +) })
            for item in try set["cases"].array {
                let (temperature, epsilon) = (try item["temperature"].double, try item["epsilon"].double)
                let leaf = student.copied()
                leaf.requiresGradient = true
                let own = Tensor.stacked(spans.map { leaf[$0[0]..<$0[1]].sum() })
                let losses = ALM.losses(
                    student: own, teacher: others, temperature: temperature, epsilon: epsilon)
                let place = "\(set.path), τ \(temperature), ε \(epsilon)"
                expectClose(
                    losses.doubles(), try item["binary_cross_entropy_per_span"].doubles, relative: 1e-9, place
                )
                losses.mean().backward()
                expectClose(
                    leaf.gradient?.doubles() ?? [],
                    try item["grad_student_logprobs_of_bce_mean"].doubles, relative: 1e-9, place)
                let excess =
                    losses
                    - ALM.losses(
                        student: others, teacher: others, temperature: temperature, epsilon: epsilon)
                expectClose(excess.mean().item(), try item["binary_kl_mean"].double, relative: 1e-9, place)
            }
        }
    }

    // MARK: ULD and GOLD

    /// One side of a text: logits of its tokens, and where its answer is.
    private struct Side {
        let logits: Tensor
        let tokens: [Int]
        let answer: [Int]

        init(ids: [Int], labels: [Int], logits: Tensor, learns: Bool) {
            tokens = ids
            answer = labels.indices.filter { labels[$0] != -100 }
            self.logits = logits
            logits.requiresGradient = learns
        }

        /// Probabilities at the end of each group of answer tokens.
        func merged(_ groups: [[Int]], temperature: Double) -> Tensor {
            let logs = (logits / temperature).logSoftmax().selecting(Tensor(answer.map { $0 - 1 }))
            return GOLD.merged(
                logs, tokens: Tensor(answer.map { tokens[$0] }),
                spans: groups.map { $0[0]..<$0[$0.count - 1] + 1 })
        }

        /// Mean of the answer's negative log-likelihood.
        var crossEntropy: Tensor {
            let logs = logits.logSoftmax().selecting(Tensor(answer.map { $0 - 1 }))
            return -logs.gathering(Tensor(answer.map { tokens[$0] }).unsqueezed(1)).mean()
        }
    }

    /// The loss that TRL's settings ask for.
    private func loss(
        _ settings: GoldenValue, _ student: Side, _ teacher: Side,
        groups: (student: [[Int]], teacher: [[Int]]),
        shared: [(student: Int, teacher: Int)]
    ) throws -> Tensor {
        func number(_ key: String) throws -> Double? { try settings.optional(key)?.double }
        let own = student.merged(groups.student, temperature: try number("uld_student_temperature") ?? 1)
        let others = teacher.merged(groups.teacher, temperature: try number("uld_teacher_temperature") ?? 1)
        var losses = GOLD.sortedDistance(student: own, teacher: others)
        if try settings.optional("uld_use_hybrid_loss")?.bool == true {
            losses = GOLD.hybridDistance(
                student: own, teacher: others,
                .init(shared: shared, sizes: (own.size(1), others.size(1)), on: .cpu),
                divergence: Divergence(beta: try number("beta") ?? 0.5),
                weight: try number("uld_hybrid_matched_weight"))
        }
        let weight = try number("uld_crossentropy_weight") ?? 0
        return losses.mean() + student.crossEntropy * weight
    }

    @Test func toyVocabularies() throws {
        let golden = try Fixtures.goldenValues("distill/uld.json")
        func ids(_ key: String) throws -> [String: Int] {
            let vocabulary = try golden[key]
            return try vocabulary.keys.reduce(into: [:]) { $0[$1] = try vocabulary[$1].int }
        }
        let (own, theirs) = (try ids("student_vocab"), try ids("teacher_vocab"))
        let shared = own.keys.sorted().compactMap { key in theirs[key].map { (own[key] ?? 0, $0) } }
        let groups = try golden["alignment_groups_without_eos"]
        var cases = 0
        for item in try golden["cases"].array where try item["uld_token_merge_strategy"].string == "bayesian"
        {
            let student = Side(
                ids: try golden["student_input_ids"].ints, labels: try golden["student_labels"].ints,
                logits: try tensor(golden["student_logits"]), learns: true)
            let teacher = Side(
                ids: try golden["teacher_input_ids"].ints, labels: try golden["teacher_labels"].ints,
                logits: try tensor(golden["teacher_logits"]), learns: false)
            let hasEnds = try !item["uld_skip_student_eos"].bool
            var pairs = (try groups["student"].intRows, try groups["teacher"].intRows)
            if try !item["use_extended_uld"].bool {
                // Token by token, as far as the shorter answer goes.
                let last = hasEnds ? 0 : 1
                let count = min(student.answer.count, teacher.answer.count) - last
                pairs = ((0..<count).map { [$0] }, (0..<count).map { [$0] })
            } else if hasEnds {
                pairs.0.append([student.answer.count - 1])
                pairs.1.append([teacher.answer.count - 1])
            }
            let loss = try loss(item, student, teacher, groups: pairs, shared: shared)
            expectClose(loss.item(), try item["loss"].double, relative: 2e-6, item.path)
            loss.backward()
            expectClose(norm(student.logits), try item["grad_student_l2"].double, relative: 2e-6, item.path)
            cases += 1
        }
        #expect(cases == 18)
    }

    private func tokenizer(_ name: String) throws -> Tokenizer {
        try Tokenizer(
            json: Data(contentsOf: Fixtures.golden("distill/gold_\(name)_tokenizer.json")),
            configuration: nil,
            chatTemplate: nil)
    }

    /// Two real tokenizers; the spans are found by their bytes.
    @Test func realTokenizers() throws {
        let golden = try Fixtures.goldenValues("distill/gold_bayesian.json")
        let (own, theirs) = (try tokenizer("student"), try tokenizer("teacher"))
        let matched = try golden["matched_vocabulary"]
        let shared = Array(zip(try matched["student_ids"].ints, try matched["teacher_ids"].ints))
        let merged = try golden["merged"]["bayesian"].array
        var cases = 0
        for (index, text) in try golden["texts"].array.enumerated() {
            func side(_ name: String, learns: Bool) throws -> Side {
                let side = try text[name]
                return Side(
                    ids: try side["input_ids"].ints, labels: try side["labels"].ints,
                    logits: try tensor(side["logits"]), learns: learns)
            }
            func spelled(_ side: Side, _ tokenizer: Tokenizer) -> SpelledAnswer {
                let tokens = side.answer.map { side.tokens[$0] }
                return SpelledAnswer(
                    tokens: tokenizer.spelled(tokens, stopTokens: Set(tokens.suffix(1))), start: 0)
            }
            let (fixed, teacher) = (try side("student", learns: false), try side("teacher", learns: false))
            let spans = SpelledAnswer.spans(student: spelled(fixed, own), teacher: spelled(teacher, theirs))
            // The end of the answer is a span, too, which TRL leaves out unless it is asked.
            #expect(
                spans.dropLast().map { Array($0.student) } == (try merged[index]["student_groups"].intRows))
            #expect(
                spans.dropLast().map { Array($0.teacher) } == (try merged[index]["teacher_groups"].intRows))
            let masses = fixed.merged(spans.dropLast().map { Array($0.student) }, temperature: 1).sum(
                along: 1)
            expectClose(
                masses.doubles(), try merged[index]["student_mass_per_group"].doubles, relative: 2e-6)
            for item in try golden["cases"].array {
                let settings = try item["settings"]
                let strategy = try settings.optional("uld_token_merge_strategy")?.string ?? "bayesian"
                guard strategy == "bayesian", settings.optional("use_extended_uld") == nil else { continue }
                let student = try side("student", learns: true)
                let kept = settings.optional("uld_skip_student_eos") == nil ? spans.dropLast() : spans[...]
                let loss = try loss(
                    settings, student, teacher,
                    groups: (kept.map { Array($0.student) }, kept.map { Array($0.teacher) }),
                    shared: shared.map { (student: $0.0, teacher: $0.1) })
                let row = try item["rows"].array[index]
                expectClose(loss.item(), try row["loss"].double, relative: 2e-6, row.path)
                loss.backward()
                expectClose(
                    norm(student.logits), try row["grad_student_logits_l2"].double, relative: 2e-6, row.path)
                cases += 1
            }
        }
        #expect(cases == 3 * 10)
    }

    // MARK: Spans

    private func spans(
        _ student: [String], _ teacher: [String], starts: (Int, Int) = (0, 0)
    ) -> [[Range<Int>]] {
        SpelledAnswer.spans(
            student: SpelledAnswer(tokens: student.map { Array($0.utf8) }, start: starts.0),
            teacher: SpelledAnswer(tokens: teacher.map { Array($0.utf8) }, start: starts.1)
        ).map { [$0.student, $0.teacher] }
    }

    @Test func spansBeginAndEndTogether() {
        #expect(spans(["ab", "c", "d"], ["abc", "d"]) == [[0..<2, 0..<1], [2..<3, 1..<2]])
        #expect(spans(["a", "bc"], ["ab", "c"]) == [[0..<2, 0..<2]])
        // One side is longer, or goes on with another text.
        #expect(spans(["ab", "cd"], ["ab", "c"]) == [[0..<1, 0..<1]])
        #expect(spans(["ab", "cd", "x"], ["ab", "ce", "x"]) == [[0..<1, 0..<1]])
        #expect(spans(["x"], ["y"]).isEmpty && spans([], ["y"]).isEmpty)
        // Tokens that spell nothing belong to the span before them or after.
        #expect(spans(["a", "", "b"], ["a", "b"]).last?[0].upperBound == 3)
        // A first token that spells the end of the prompt, too.
        #expect(spans([" a", "b"], ["a", "b"], starts: (-1, 0)) == [[1..<2, 1..<2]])
        #expect(spans(["b", "c"], ["a", "b", "c"], starts: (1, 0)) == [[0..<1, 1..<2], [1..<2, 2..<3]])
    }

    /// Parts of a character are no text, and are compared all the same.
    @Test func charactersOfSeveralBytes() {
        let whole = SpelledAnswer(tokens: [Array("é".utf8), Array("!".utf8)], start: 0)
        let parts = SpelledAnswer(tokens: [[0xC3], [0xA9], Array("!".utf8)], start: 0)
        #expect(SpelledAnswer.spans(student: whole, teacher: parts).map(\.teacher) == [0..<2, 2..<3])
    }
}
