// Reverse KL by the tokens that were sampled, where a teacher says nothing of the others (Lu, "On-Policy Distillation",
// Thinking Machines Lab, 2025): reinforcement whose advantage of each token is
//
//   A = −(log s_old − log t);  loss = −A·exp(log s − log s_old)
//
// s_old is the student that wrote the tokens. At s = s_old the expected gradient is that of KL(S ‖ T) in the next token alone
// (a discount of 0). Differentiating log s − log t itself has the same value and another, wrong gradient.
import Torch

enum SampledReverseKL {
    /// Of each token, [N].
    ///
    /// - Parameters:
    ///   - student: log-probabilities of the tokens, [N], with gradients.
    ///   - old: the same under the student that wrote them, [N]; nil where that is this one.
    ///   - teacher: [N]
    ///   - clip: the ratio to the old student counts from 1 − clip to 1 + clip, as in PPO; nil: as it is.
    static func losses(student: Tensor, old: Tensor?, teacher: Tensor, clip: Double?) -> Tensor {
        let old = old ?? student.detached()
        let advantages = teacher - old
        let ratios = (student - old).exp()
        let plain = advantages * ratios
        guard let clip else { return -plain }
        return -Tensor.minimum(plain, advantages * ratios.clamped(to: 1 - clip...1 + clip))
    }
}
