import Endpoints
import Foundation
import Models
import Settings

extension RewardCatalogue {
    /// All rewards that Heed brings: wishes that programs can check, verifiers, reward models, language models as judges, programs of
    /// the user's, and a gate between two of them.
    public static let standard = RewardCatalogue(
        entries: [warm, concise, toThePoint, attentive, candid] + verifiers
            + [rewardModel, judge, program, gate])

    private static let toThePoint = Entry(
        name: "to-the-point", wish: "answers that take up what was asked and add something to it",
        temperature: 0.2
    ) { _ in ToThePointReward() }
    private static let attentive = Entry(
        name: "attentive", wish: "answers about the person who asked, not about who answers", temperature: 0.2
    ) { _ in AttentiveReward() }
    private static let candid = Entry(
        name: "candid", wish: "answers that say so where nobody could know (the row's column \"unknowable\")",
        temperature: 0.2
    ) { _ in CandidReward() }

    private static let penaltyOptions = [
        "unfinished": "the penalty for an answer that does not finish",
        "repetition": "the penalty for an answer that repeats itself",
    ]

    private static let warm = Entry(
        name: "warm",
        options: penaltyOptions.merging(["lexicon": "the path of vader_lexicon.txt"]) { first, _ in first },
        temperature: 0.2, inputs: { $0.string("lexicon").map { [.data($0)] } ?? [] }
    ) { request in
        let path =
            try request.argument.string("lexicon") ?? request.lexicon ?? fetchedLexicon(request.computation)
        let file = URL(fileURLWithPath: path)
        let reward = WarmReward(
            lexicon: try ValenceLexicon(contentsOf: file), penalties: try penalties(of: request.argument))
        return RewardSource(name: "warm") { reward }
    }

    private static let concise = Entry(
        name: "concise",
        options: penaltyOptions.merging(["enough": "words before length counts against an answer"]) {
            first, _ in first
        }, temperature: 0.2
    ) { argument in
        ConciseReward(
            enough: Int(try argument.number("enough", default: 12, from: 1, below: 1e6)),
            penalties: try penalties(of: argument))
    }

    /// The scores are the logits that the model was trained with, so the judge's natural temperature is 1.
    private static let rewardModel = Entry(
        name: "reward-model",
        options: RewardModelSource.options.merging(["model": "the folder of a reward model"]) { first, _ in
            first
        }, temperature: 1, needsCard: true, inputs: { .rewardModel($0.string("model")) }
    ) { request in
        let argument = request.argument
        guard let model = argument.string("model") else {
            throw NamedArgumentError.missingOption(
                "model", of: argument.name, kind: argument.kind,
                hint: "the folder of a reward model, such as RUN/final")
        }
        let source = try RewardModelSource(
            model, options: argument, role: "reward", on: request.computation)
        return source.reward(named: argument.name, on: request.computation)
    }

    private static let judge = Entry(
        name: "judge",
        options: JudgeThoughts.options.merging([
            "model": "a language model that follows instructions, or http://HOST:PORT/v1#MODEL",
            "principles":
                "a file with a principle a line, of which each comparison, or each prompt, gets one",
        ]) { first, _ in first }, subject: "model", temperature: 0.2, errorRate: 0, needsCard: true,
        inputs: { argument in
            .models(argument.string("model").flatMap { Endpoint.isMeant(by: $0) ? nil : $0 })
                + .data([argument.string("principles")].compactMap(\.self))
        }
    ) { request in
        let argument = request.argument
        guard let model = argument.string("model") else {
            throw NamedArgumentError.missingOption(
                "model", of: argument.name, kind: argument.kind,
                hint: "a language model that follows instructions, as in judge:smollm2-135m-instruct")
        }
        let file = argument.string("principles").map { URL(fileURLWithPath: $0) }
        let principles = try file.map(Principles.init) ?? .standard
        let rules = file.map { [(role: "principles", url: $0)] } ?? []
        let thoughts = try JudgeThoughts(argument)
        if Endpoint.isMeant(by: model) {
            let endpoint = try Endpoint(model)
            return RewardSource(name: argument.name, inputs: rules) {
                try EndpointJudge(endpoint, principles: principles, thoughts: thoughts, name: argument.name)
            }
        }
        let source = try ModelSource(model, role: "judge", on: request.computation)
        return RewardSource(name: argument.name, inputs: source.inputs(role: "judge") + rules) {
            LanguageModelJudge(
                try source.loadFrozen(on: request.computation), source.tokenizer, principles: principles,
                thoughts: thoughts, stopTokens: source.stopTokens, name: argument.name, argument: model)
        }
    }

    private static let program = Entry(
        name: "program",
        options: ProgramLimits.options.merging([
            "path": "an executable file, relative to the working directory",
            "sandbox": "none: do not confine it",
        ]) { first, _ in first }, subject: "path", temperature: 0.2, needsCard: true,
        inputs: { $0.string("path").map { [.data($0)] } ?? [] }
    ) { request in
        let argument = request.argument
        guard let path = argument.string("path") else {
            throw NamedArgumentError.missingOption(
                "path", of: argument.name, kind: argument.kind,
                hint: "an executable file, as in program:./score.sh")
        }
        guard ["none", nil].contains(argument.string("sandbox")) else {
            throw argument.unfit("sandbox", expected: "none, or no such option")
        }
        let limits = try ProgramLimits(argument)
        let isConfined = argument.string("sandbox") == nil
        for option in ProgramLimits.confining where !isConfined && argument.string(option) != nil {
            throw argument.unfit(option, expected: "none beside sandbox=none")
        }
        try ProgramReward.check(path)
        return RewardSource(
            name: argument.name, inputs: [("reward program", URL(fileURLWithPath: path))]
        ) {
            let reward = try ProgramReward(path: path, limits: limits, isConfined: isConfined)
            for note in reward.notes { request.computation.progress.note(note, onceAbout: note) }
            return reward
        }
    }

    private static let gate = Entry(
        name: "gate", wish: "harmless answers where harm is near, and helpful ones elsewhere",
        options: [
            "harmless":
                "the reward that counts for prompts that ask for harm, its options apart by semicolons",
            "helpful": "the one that counts for the others",
            "threshold":
                "below which score of harmless, of a reward model its probability, it counts there too; "
                + "\(GatedReward.standardThreshold) unless given",
            TruthColumn.option:
                "the row's column that is true for a prompt that asks for harm; \(Harmfulness.column) unless given",
        ], temperature: 1, parts: ["harmless", "helpful"]
    ) { request in
        let argument = request.argument
        for option in ["harmless", "helpful"] where argument.string(option) == nil {
            throw NamedArgumentError.missingOption(
                option, of: argument.name, kind: argument.kind,
                hint: "a reward, as in gate:harmless=harmless,helpful=reward-model:model=RUN/final")
        }
        let (harmless, helpful) = (try request.part("harmless"), try request.part("helpful"))
        let threshold = try argument.number("threshold", default: GatedReward.standardThreshold)
        return RewardSource(name: argument.name, inputs: harmless.inputs + helpful.inputs) {
            GatedReward(
                harmless: try harmless.load(), helpful: try helpful.load(), threshold: threshold,
                column: argument.string(TruthColumn.option))
        }
    }

    private static func fetchedLexicon(_ computation: Computation) throws -> String {
        let entry = try Catalogue.entry(named: "vader-lexicon")
        let folder = try CatalogueStore().pull(entry, progress: computation.downloadProgress)
        return folder.appendingPathComponent("vader_lexicon.txt").path
    }

    private static func penalties(of argument: NamedArgument) throws -> AnswerPenalties {
        let standard = AnswerPenalties()
        return AnswerPenalties(
            unfinished: try argument.number("unfinished", default: standard.unfinished, from: 0),
            repetition: try argument.number("repetition", default: standard.repetition, from: 0))
    }
}
