import Datasets
import Rewards
import Runs
import Statistics
import Training

/// Judges the answers of arms, and compares them with those of the reference.
struct ArmJudge {
    let judge: PreferenceJudge
    /// Whether choices err as people's do; otherwise the scores decide alone.
    let errs: Bool
    private let standing: JudgeStanding

    init(_ configuration: EvaluateConfiguration, context: RunContext) throws {
        let selection = configuration.selection
        errs = try configuration.judgeError != nil || context.rewards.setsJudge(selection)
        judge = try context.rewards.judge(
            selection, errorRate: configuration.judgeError ?? 0, seed: context.seeds.derived("judge").value,
            on: context.computation)
        standing = try context.standing(of: judge, isRequired: configuration.requiresCard)
    }

    var note: Report.AnnotatorNote {
        Report.AnnotatorNote(
            name: judge.reward.name, isSimulated: true,
            description: errs ? judge.description : judge.reward.description, card: standing.card,
            warning: standing.warning)
    }

    func scored(_ answers: [ArmAnswer], to prompts: [SourcedRow<PromptRow>]) throws -> [ScoredResponse] {
        try judge.scored(answers.map { $0.rewardInput(prompts) })
    }

    func outcome(of answer: ScoredResponse, against other: ScoredResponse) -> Outcome {
        guard errs, answer.score != other.score else {
            return Outcome(score: answer.score, against: other.score)
        }
        return judge.prefers(answer, to: other) ? .win : .loss
    }
}
