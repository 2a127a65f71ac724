import Alignment
import Datasets
import Runs
import Statistics

/// Judges the answers of arms, and holds them against those of the reference.
struct ArmJudge {
    let judge: PreferenceJudge
    /// Whether choices err as people's do; otherwise the scores decide alone.
    let errs: Bool

    init(_ configuration: EvaluateConfiguration, annotators: AnnotatorCatalogue, seeds: SeedSequence) throws {
        let given = try AnnotatorSpecification(configuration.judge).values
        errs = configuration.judgeError != nil || given["error"] != nil || given["temperature"] != nil
        judge = try annotators.judge(
            configuration.judge, errorRate: configuration.judgeError ?? 0, seed: seeds.derived("judge").value)
    }

    var note: Report.AnnotatorNote {
        Report.AnnotatorNote(
            name: judge.annotator.name, isSimulated: true,
            description: errs ? judge.description : judge.annotator.description)
    }

    func scored(_ answers: [ArmAnswer], to prompts: [Text]) throws -> [ScoredAnswer] {
        try judge.scored(
            answers.map { Answer(prompt: prompts[$0.prompt], text: $0.text, isFinished: $0.isFinished) })
    }

    func outcome(of answer: ScoredAnswer, against other: ScoredAnswer) -> Outcome {
        guard errs, answer.score != other.score else {
            return Outcome(score: answer.score, against: other.score)
        }
        return judge.prefers(answer, to: other) ? .win : .loss
    }
}
