import Datasets
import Rewards
import Statistics

/// Who says which of two answers is better: a program that scores every answer, or people who voted on pairs of them.
enum ArmVerdicts {
    case program(ArmJudge)
    case people(PeopleVotes)

    var note: Report.AnnotatorNote {
        switch self {
        case .program(let judge): judge.note
        case .people(let votes):
            Report.AnnotatorNote(
                name: NumberStyle.people(votes.people.count), isSimulated: false,
                description: "Votes are on two answers to a prompt, on sides drawn by chance, without names.")
        }
    }

    /// The scores of an arm's answers; nil where people vote, who give none.
    func scored(_ answers: [ArmAnswer], to prompts: [SourcedRow<PromptRow>]) throws -> [ScoredResponse]? {
        switch self {
        case .program(let judge): try judge.scored(answers, to: prompts)
        case .people: nil
        }
    }
}
