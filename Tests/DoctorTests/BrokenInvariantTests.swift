import Datasets
import Foundation
import LanguageModels
import TestSupport
import Testing
import Tokenization
import Torch
import Training

@testable import Doctor

/// Every invariant is broken on purpose, by something that has gone wrong in other trainers, and notices.
@Suite struct BrokenInvariantTests {
    private let examination: Examination
    private var examined: ExaminedModel { examination.examined }
    private var tolerance: Tolerance { examination.tolerance }

    init() throws { examination = try Examination() }

    private func expectBroken(_ invariant: some Invariant, _ comment: Comment? = nil) throws {
        let deviation = try invariant.measure()
        print("\(invariant.name), broken: \(deviation)")
        #expect(!deviation.isWithinLimit, comment)
    }

    private func expectHeld(_ invariant: some Invariant) throws {
        #expect(try invariant.measure().isWithinLimit)
    }

    // MARK: Numbers

    @Test(arguments: [0.7, 0.75, 1]) func scoringAtAnotherTemperature(temperature: Double) throws {
        let measurer = RolloutMeasurer(
            model: examined.model, reference: nil, temperature: temperature, batchSize: 3)
        let invariant = SamplingEqualsScoring(
            sample: { try examined.sample(from: examined.model, temperature: 0.7, maximumNewTokens: 16) },
            score: { try measurer.measured($0) }, tolerance: tolerance)
        if temperature == 0.7 { try expectHeld(invariant) } else { try expectBroken(invariant) }
    }

    @Test func aResponseWithoutItsLastNumber() throws {
        try expectBroken(
            SamplingEqualsScoring(
                sample: { try examined.sample(from: examined.model, temperature: 1, maximumNewTokens: 4) },
                score: { rollouts in
                    rollouts.map { rollout in
                        var rollout = rollout
                        rollout.policyLogProbabilities = rollout.samplingLogProbabilities.dropLast().map(
                            Double.init)
                        return rollout
                    }
                }, tolerance: tolerance))
    }

    @Test func aCacheOffByOnePosition() throws {
        try expectBroken(
            CacheEqualsForward(
                sequences: examined.texts.sequences,
                cached: { examined.model.cachedLogits(of: Array($0.dropFirst()), from: $1 - 1) },
                whole: examined.model.logits, tolerance: tolerance))
    }

    @Test func paddingThatIsSeen() throws {
        try expectBroken(
            NeighboursChangeNothing(
                sequences: examined.texts.sequences,
                score: { sequences in
                    let longest = sequences.map(\.count).max() ?? 0
                    let padded = sequences.map { Array(repeating: 0, count: longest - $0.count) + $0 }
                    return zip(examined.score(padded), sequences).map { Array($0.suffix($1.count - 1)) }
                }, tolerance: tolerance))
    }

    @Test func documentsThatSeeEachOther() throws {
        try expectBroken(
            PackingChangesNothing(
                documents: examined.documents, pack: { Packing.wrapped($0, length: 1000) },
                gradient: examined.gradient, tolerance: tolerance))
    }

    /// Every micro-batch by its own number of tokens, as trainers did for years; and not divided at all.
    @Test(arguments: [4.0, 1]) func accumulationByMeans(divisor: Double) throws {
        try expectBroken(
            AccumulationChangesNothing(
                documents: examined.documents,
                gradient: { window in
                    let parts = window.map { examined.gradient(of: [$0]) }
                    return parts[0].indices.map { parameter in
                        let sum = parts.dropFirst().reduce(parts[0][parameter]) { $0 + $1[parameter] }
                        return window.count == 1 ? sum : sum / divisor
                    }
                }, tolerance: tolerance))
    }

    // MARK: Tokenizer and template

    @Test func endsThatAreLeftOutAsPadding() throws {
        let scratch = try ScratchFolder()
        let model = try scratch.model { _, text in
            text.replacingOccurrences(
                of: #""pad_token": "<|endoftext|>""#, with: #""pad_token": "<|im_end|>""#)
        }
        let tokenizer = try Tokenizer(contentsOf: URL(fileURLWithPath: model))
        let padding = try #require(tokenizer.padding?.id)
        #expect(padding == tokenizer.endOfSequence?.id)
        let rows = try SupervisedPreparation(tokenizer: tokenizer, maximumLength: nil)
            .prepare(ExaminationTexts(tokenizer: tokenizer).rows).rows

        let ours = try EndIsLearned(tokenizer: tokenizer, stopTokens: Set(tokenizer.stopTokens.map(\.id))) {
            rows
        }.measure()
        #expect(ours.isWithinLimit && ours.note?.contains("pad_token is <|im_end|> as well") == true)

        let masked = rows.map { row in
            TokenizedSequence(
                tokens: row.tokens, labels: zip(row.tokens, row.labels).map { $1 && $0 != padding })
        }
        try expectBroken(
            EndIsLearned(tokenizer: tokenizer, stopTokens: Set(tokenizer.stopTokens.map(\.id))) { masked })
    }

    /// - Parameter answer: what the template writes for an answer.
    private func stopToken(answer: String) throws -> StopTokenIsLearned {
        let template = try ChatTemplate(
            """
            {%- for m in messages -%}
            {%- if m.role == 'assistant' -%}\(answer)
            {%- else -%}{{- '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' -}}{%- endif -%}
            {%- endfor -%}
            {%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}
            """)
        return StopTokenIsLearned(
            tokenizer: examined.source.tokenizer.with(template),
            conversations: ExaminationTexts.conversations, stopTokens: examined.source.stopTokens)
    }

    private static let header = #"{{- '<|im_start|>assistant\n' -}}"#

    @Test func templatesThatTeachToStop() throws {
        try expectHeld(stopToken(answer: Self.header + #"{{- m.content + '<|im_end|>\n' -}}"#))
        try expectHeld(
            stopToken(
                answer: Self.header
                    + #"{%- generation -%}{{- m.content + '<|im_end|>' -}}{%- endgeneration -%}{{- '\n' -}}"#)
        )
    }

    @Test func templatesThatDoNot() throws {
        try expectBroken(stopToken(answer: Self.header + #"{{- m.content + '\n' -}}"#), "no stop token")
        try expectBroken(
            stopToken(
                answer: Self.header
                    + #"{%- generation -%}{{- m.content -}}{%- endgeneration -%}{{- '<|im_end|>\n' -}}"#),
            "behind what is learned")
        try expectBroken(
            stopToken(answer: #"{%- generation -%}{{- m.content + '<|endoftext|>' -}}{%- endgeneration -%}"#),
            "another token than the one that ends generation")
    }

    private func prefixes(_ template: String) throws -> TemplatePreservesPrefixes {
        TemplatePreservesPrefixes(
            tokenizer: examined.source.tokenizer.with(try ChatTemplate(template)),
            conversations: ExaminationTexts.conversations)
    }

    @Test func templatesThatRewriteTheirPast() throws {
        let ending = "{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}"
        try expectHeld(prefixes("{% for m in messages %}{{ m.role + ':' + m.content }}{% endfor %}" + ending))
        try expectBroken(
            prefixes("{% for m in messages[-2:] %}{{ m.role + ':' + m.content }}{% endfor %}" + ending),
            "forgets the beginning")
        try expectBroken(
            prefixes(
                "{% for m in messages %}{{ m.role + ':' }}"
                    + "{{ m.content if loop.last or m.role == 'user' else '…' }}{% endfor %}" + ending),
            "shortens earlier answers")
        try expectBroken(
            prefixes(
                "{% for m in messages %}{{ m.role + ':' + m.content }}{% endfor %}"
                    + "{% if add_generation_prompt %}{{ 'answer now:' }}{% endif %}"),
            "another header than that of a written answer")
    }

    // MARK: Files and training

    @Test func aMergeThatForgetsTheAdapter() throws {
        let sequences = examined.texts.sequences
        try expectBroken(
            MergedEqualsAdapted(
                adapted: { examined.withWorkingAdapters { examined.score(sequences) } },
                merged: { examined.score(sequences) }, tolerance: tolerance))
    }

    @Test func aMergeOnTopOfTheAdapter() throws {
        let sequences = examined.texts.sequences
        let folder = try examination.scratch.folder("merged")
        try expectBroken(
            MergedEqualsAdapted(
                adapted: { examined.withWorkingAdapters { examined.score(sequences) } },
                merged: {
                    try examined.withWorkingAdapters {
                        try examined.model.save(to: folder)
                        try examined.model.saveAdapters(to: folder)
                    }
                    let twice = try LanguageModel.load(from: folder)
                    try twice.loadAdapters(from: folder)
                    return examined.score(sequences, under: .model(twice))
                }, tolerance: tolerance))
    }

    @Test func weightsThatAreRoundedWhenSaved() throws {
        let folder = try examination.scratch.folder("rounded")
        try expectBroken(
            SavedEqualsLoaded(weights: examined.model.weights) {
                try examined.model.save(to: folder, type: .bfloat16)
                return try LanguageModel.load(from: folder).weights
            })
    }

    @Test func aWeightThatIsNotWritten() throws {
        let weights = examined.model.weights
        let deviation = try SavedEqualsLoaded(weights: weights) { Array(weights.dropLast()) }.measure()
        #expect(deviation.value == 1 && !deviation.isWithinLimit)
    }

    private func resuming(
        saving: @escaping (URL) throws -> Void = { _ in },
        restoring: @escaping (any Trainer, URL) throws -> Void = {
            _ = try TrainingCheckpoint.restore($0, from: $1)
        }
    ) throws -> ResumedEqualsUninterrupted {
        ResumedEqualsUninterrupted(
            begin: examined.makeTraining,
            save: {
                try TrainingCheckpoint.write($0, seconds: 0, to: $1)
                try saving($1)
            }, restore: restoring, learned: { examined.learned },
            folder: try examination.scratch.folder("checkpoint"))
    }

    @Test func anOptimizerWithoutItsMoments() throws {
        try expectHeld(resuming())
        try expectBroken(
            resuming(saving: { folder in
                let file = folder.appending(path: "optimizer.safetensors")
                let moments = try TensorFile.read(file).map {
                    NamedTensor(name: $0.key, tensor: .zeros($0.value.shape))
                }
                try TensorFile.write(moments, to: file)
            }))
    }

    @Test func dataThatBeginsAgain() throws {
        try expectBroken(
            resuming(restoring: {
                _ = try TrainingCheckpoint.restore($0, from: $1)
                #expect(try $0.restore(BatchOrder.Cursor()))
            }))
    }

    @Test func aScheduleThatBeginsAgain() throws {
        try expectBroken(resuming(restoring: { try $0.restoreModel(from: $1) }))
    }

    @Test func aReferenceThatSharesWhatIsTrained() throws {
        let sequences = examined.texts.sequences
        let training = examined.makeTraining()
        func invariant(_ reference: ReferencePolicy) -> ReferenceStaysAsItWas {
            ReferenceStaysAsItWas(
                reference: { examined.score(sequences, under: reference) },
                train: { _ = try (training.step(), training.step()) })
        }
        try expectHeld(invariant(.withoutAdapters))
        try expectBroken(invariant(.model(examined.model)))
    }

    @Test func whatIsNoNumberIsBeyondEveryLimit() {
        #expect(!Deviation(.nan, unit: "", limit: 1e9).isWithinLimit)
        #expect(!Deviation(.infinity, unit: "", limit: 1e9).isWithinLimit)
        #expect(!Deviation(between: [[.nan]], and: [[0]], limit: 1).isWithinLimit)
    }
}
