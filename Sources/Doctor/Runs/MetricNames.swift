/// What others call the metrics that Heed's watches look at. TRL's names are Heed's own but for those of its earlier versions.
enum MetricNames {
    /// Heed's name of a metric; its own where there is none.
    static func own(_ name: String) -> String {
        var name = name
        for (prefix, replacement) in [("train/", ""), ("eval/", "eval_")] where name.hasPrefix(prefix) {
            name = replacement + name.dropFirst(prefix.count)
        }
        if let own = table[name] { return own }
        return validations.contains(where: name.hasPrefix) ? "eval_reward" : name
    }

    /// verl's scores on held-out prompts, by data set.
    private static let validations = ["val-core/", "val/test_score/"]

    private static let table = [
        // TRL before 0.14 and 0.12.
        "completion_length": "completions/mean_length", "clip_ratio": "clip_ratio/region_mean",
        "ppo/mean_scores": "objective/scores", "env/reward_mean": "objective/scores",
        "ppo/policy/clipfrac": "policy/clipfrac_avg", "ppo/policy/entropy": "policy/entropy_avg",
        "ppo/val/var_explained": "critic/vf_explained_var",
        "tokens/responses_len_mean": "completions/mean_length",
        // TRL with another engine that samples.
        "sampling/sampling_logp_difference/mean": "on_policy/difference_mean",
        // verl.
        "actor/entropy": "policy/entropy_avg", "actor/entropy_loss": "policy/entropy_avg",
        "actor/pg_clipfrac": "policy/clipfrac_avg", "actor/grad_norm": "grad_norm", "actor/kl_loss": "kl",
        "critic/score/mean": "objective/scores", "response_length/mean": "completions/mean_length",
        "response_length/clip_ratio": "completions/clipped_ratio",
        // OpenRLHF.
        "response_length": "completions/mean_length", "response_clip_ratio": "completions/clipped_ratio",
        "ppo_clip_ratio": "policy/clipfrac_avg", "actor_grad_norm": "grad_norm",
    ]
}
