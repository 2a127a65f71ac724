import Methods

extension Verb {
    public static let pretrain = training(Pretraining.self)
    public static let sft = training(SFT.self)
    public static let reward = training(RewardModeling.self)
    public static let kto = training(KTO.self)
    public static let orpo = training(ORPO.self)
    public static let cpo = training(CPO.self)
    public static let ppo = training(PPO.self)
    public static let grpo = training(GRPO.self)
    public static let rejection = training(Rejection.self)
    public static let distill = training(Distillation.self)

    /// Verbs that the command line has too.
    public static let onCommandLine: [Verb] = [
        .pretrain, .sft, .reward, .dpo, .kto, .orpo, .cpo, .ppo, .grpo, .rejection, .distill, .sample, .score,
        .annotate, .constitution, .evaluate, .tasks,
    ]

    /// Verbs that a recipe can use.
    public static let all: [Verb] =
        onCommandLine + [
            .prompts, .conversations, .ratings, .split, .text, .tokenizer, .unpair, .mix, .habits, .measure,
        ]
}
