import LanguageModels
import TestSupport
import Testing
import Torch

@testable import Methods

/// Divergences of given logits against TRL's numbers and against exact formulas.
@Suite struct DivergenceTests {
    /// Logits [rows, V] of nested lists [B, T, V] or [N, V], in fp64.
    private func logits(_ value: GoldenValue, rank: Int) throws -> Tensor {
        let rows = rank == 3 ? try value.array.flatMap { try $0.doubleRows } : try value.doubleRows
        return Tensor(rows.flatMap { $0 }, shape: [rows.count, rows[0].count])
    }

    private func rows(_ value: GoldenValue) throws -> [Double] { try value.doubleRows.flatMap { $0 } }

    private func norm(_ tensor: Tensor) -> Double {
        tensor.gradient?.squared().sum().squareRoot().item() ?? 0
    }

    @Test func generalizedJSD() throws {
        let golden = try Fixtures.goldenValues("distill/generalized_jsd.json")
        let teacher = try logits(golden["teacher_logits"], rank: 3)
        let labels = try golden["labels"].array.flatMap { try $0.ints }
        for item in try golden["generalized_jsd"].array {
            let student = try logits(golden["student_logits"], rank: 3)
            student.requiresGradient = true
            let (beta, temperature) = (try item["beta"].double, try item["temperature"].double)
            let losses = Divergence(beta: beta)(
                student: (student / temperature).logSoftmax(), teacher: (teacher / temperature).logSoftmax())
            let isMasked = try item["labels"].string == "masked"
            let kept = labels.indices.filter { !isMasked || labels[$0] != -100 }
            let sum = losses.selecting(Tensor(kept)).sum()
            let place = "beta \(beta), temperature \(temperature), \(try item["labels"].string)"
            expectClose(sum.item(), try item["sum"].double, relative: 2e-6, place)
            expectClose(sum.item() / 7, try item["divided_by_num_items_7"].double, relative: 2e-6, place)
            if let each = item.optional("per_position") {
                expectClose(losses.doubles(), try rows(each), relative: 2e-6, place)
            }
            // TRL's gradient is that of `batchmean`.
            let divisor = isMasked ? Double(kept.count) : Double(try golden["student_logits"].array.count)
            (sum / divisor).backward()
            expectClose(norm(student), try item["grad_student_l2"].double, relative: 2e-6, place)
        }
    }

    @Test func plainDivergences() throws {
        let golden = try Fixtures.goldenValues("distill/generalized_jsd.json")
        for item in try golden["plain_kd_float64"].array {
            let temperature = try item["temperature"].double
            let student = (try logits(golden["student_logits"], rank: 3) / temperature).logSoftmax()
            let teacher = (try logits(golden["teacher_logits"], rank: 3) / temperature).logSoftmax()
            expectClose(
                Divergence.forward(student: student, teacher: teacher).doubles(),
                try rows(item["forward_kl_per_position"]), relative: 1e-9, "forward")
            expectClose(
                Divergence.reverse(student: student, teacher: teacher).doubles(),
                try rows(item["reverse_kl_per_position"]), relative: 1e-9, "reverse")
        }
    }

    /// Halves and singles of the teacher's best tokens, with all others as one outcome.
    @Test func bestTokens() throws {
        let golden = try Fixtures.goldenValues("distill/topk_tail.json")
        let teacher = try logits(golden["teacher_logits"], rank: 2).logSoftmax()
        for item in try golden["stored"].array {
            let ids = try item["ids"].intRows
            let top = TopTokens(
                ids: Tensor(ids.flatMap { $0 }, shape: [ids.count, ids[0].count]),
                logProbabilities: try logits(item["stored_logprobs"], rank: 2),
                tail: Tensor(try item["tail_mass"].doubles))
            let place = "\(try item["k"].int) as \(try item["stored_as"].string)"
            for (key, divergence) in [
                ("forward_kl_tail_bucket", Divergence.forward), ("reverse_kl_tail_bucket", .reverse),
                ("jsd_half_tail_bucket", Divergence(beta: 0.5)),
            ] {
                let student = try logits(golden["student_logits"], rank: 2)
                student.requiresGradient = true
                let outcomes = top.outcomes(of: student.logSoftmax())
                let losses = divergence(student: outcomes.student, teacher: outcomes.teacher)
                let expected = try item[key]
                expectClose(
                    losses.doubles(), try expected["per_position"].doubles, relative: 1e-9, "\(key), \(place)"
                )
                losses.mean().backward()
                expectClose(
                    norm(student), try expected["grad_student_logits_l2"].double, relative: 1e-9,
                    "\(key), \(place)")
            }
            guard try item["stored_as"].string == "float64" else { continue }
            let own = TopTokens(of: teacher, count: ids[0].count)
            #expect(own.ids.integers() == ids.flatMap { $0 }, "\(place)")
            expectClose(own.tail.doubles(), try item["tail_mass"].doubles, relative: 1e-9, place)
        }
    }

    /// On the student's own best tokens, renormalised or with a tail, as self-distillation has it.
    @Test func supportOfTheStudent() throws {
        let golden = try Fixtures.goldenValues("distill/topk_self_distillation.json")
        let student = try logits(golden["student_logits"], rank: 3).logSoftmax()
        let teacher = try logits(golden["teacher_logits"], rank: 3).logSoftmax()
        for item in try golden["topk"].array {
            let ids = student.top(try item["k"].int).indices
            let (own, others) =
                try item["add_tail"].bool
                ? (TopTokens.grouped(student, at: ids), TopTokens.grouped(teacher, at: ids))
                : (student.gathering(ids).logSoftmax(), teacher.gathering(ids).logSoftmax())
            let alpha = try item["alpha"].double
            let found = Divergence(beta: alpha)(student: own, teacher: others).doubles()
            // There a tail is 1 − Σ p in float32: a few units of rounding, in a logarithm of what is small.
            let ratios = (others - own).narrowed(1, own.size(1) - 1..<own.size(1)).magnitude().squeezed(1)
                .exp().doubles()
            for (index, wanted) in try rows(item["per_position"]).enumerated() {
                let rounding = try item["add_tail"].bool ? 4 * 0x1p-23 * ratios[index] : 0
                #expect(
                    abs(found[index] - wanted) <= 2e-6 * max(1, wanted) + rounding,
                    "\(item.path)[\(index)]: found \(found[index]), expected \(wanted)")
            }
        }
    }

    /// Grouping tokens loses divergence, and loses none where every token is by itself.
    @Test func groupsAreABound() throws {
        let golden = try Fixtures.goldenValues("distill/topk_tail.json")
        let student = try logits(golden["student_logits"], rank: 2).logSoftmax()
        let teacher = try logits(golden["teacher_logits"], rank: 2).logSoftmax()
        for divergence in [Divergence.forward, .reverse, Divergence(beta: 0.3)] {
            let exact = divergence(student: student, teacher: teacher).doubles()
            var before = [Double](repeating: 0, count: exact.count)
            for count in [1, 3, 10, 39, 40] {
                let outcomes = TopTokens(of: teacher, count: count).outcomes(of: student)
                let found = divergence(student: outcomes.student, teacher: outcomes.teacher).doubles()
                for (index, value) in found.enumerated() {
                    #expect(value >= before[index] - 1e-12 && value <= exact[index] + 1e-9)
                }
                before = found
            }
            expectClose(before, exact, relative: 1e-9)
        }
    }

    @Test func spelledInAFile() {
        for (text, beta) in [
            ("forward", 0.0), ("reverse", 1), ("jsd:0.3", 0.3), ("0.5", 0.5), ("0.0", 0), ("1", 1),
        ] {
            #expect(Divergence(text)?.beta == beta)
        }
        for text in ["jsd", "jsd:2", "-0.1", "kl", "nan", ""] { #expect(Divergence(text) == nil, "\(text)") }
        #expect(
            Divergence("jsd:0.25")?.description == "jsd:0.25" && Divergence("1.0")?.description == "reverse")
    }
}
