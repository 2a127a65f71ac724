// Approximate likelihood matching (Minixhofer et al., "Universal Cross-Tokenizer Distillation via Approximate Likelihood
// Matching", 2025): that a model writes a span, rather than anything else, is a binary event, whose probability both models
// give. With a and b the span's log-probabilities under teacher and student, each divided by τ and less ε,
//
//   loss = −e^a·b − (1 − e^a)·log(1 − e^b)
//
// which is least at b = a, where it is the entropy of the teacher's event. For τ → ∞, τ times what is above that is
// (a₀ − b₀) + a₀·log(b₀/a₀) of the undivided numbers.
import Torch

enum ALM {
    /// Away from log 1, at which a span that is certain would cost infinitely much.
    static let epsilon = 1e-6

    /// Of each span, [S], with gradients to `student`.
    ///
    /// - Parameters:
    ///   - student: log-probabilities of the spans, [S].
    ///   - teacher: [S]
    ///   - temperature: τ
    static func losses(
        student: Tensor, teacher: Tensor, temperature: Double, epsilon: Double = epsilon
    ) -> Tensor {
        let (a, b) = (teacher / temperature - epsilon, student / temperature - epsilon)
        let certainty = a.exp()
        return -(certainty * b) - (1 - certainty) * logOneMinusExp(b)
    }

    /// log(1 − exp x), x < 0: by expm1 near 0 and by log1p away from it (Mächler, 2012).
    private static func logOneMinusExp(_ x: Tensor) -> Tensor {
        let isNear = x .> -0.693
        // Each branch is computed where it is not taken, too: there of a number that is harmless.
        let near = (-x.filled(where: !isNear, with: -0.5).expm1()).log()
        let far = (-x.filled(where: isNear, with: -1).exp()).log1p()
        return Tensor.select(isNear, near, else: far)
    }
}
