/// What rows an export makes of judgments.
public enum JudgmentSchema: String, CaseIterable, Codable, Sendable {
    /// `{"prompt", "chosen", "rejected"[, "margin"]}`: every two answers that a judgment puts in order. Ties say nothing
    /// here and are left out.
    case comparisons
    /// `{"prompt", "responses", "ranking"}`: every judgment of several answers, ties as equal ranks.
    case rankings
    /// `{"prompt", "response", "rating", "scale"}`: every mark.
    case ratings
    /// `{"prompt", "completion", "label"}`: every thumb; of a comparison the chosen answer as good and the rejected one as
    /// not, as TRL unpairs preferences; both where both are bad.
    case binary
    /// Every judgment in its own shape, for a reward model: comparisons, ties as rankings, rankings, ratings, thumbs.
    case judgments
    /// `{"prompt", "completion"}`: what an answer should have been.
    case edits
    /// `{"prompt", "chosen", "rejected"}`: what an answer should have been, over what it was.
    case corrections
    /// `{"prompt", "response", "flags"}`: answers that somebody found unsafe or broken.
    case flags
}
