import Testing
import Torch
import TorchTestSupport

/// The chunked head against the [N, V] logits written out.
@Suite struct TokenLogProbabilityTests {
    private struct Outputs {
        let logProbabilities: Tensor
        let entropies: Tensor
        let isTop: [Bool]
        let meanLogits: Tensor
    }

    private func reference(_ hidden: Tensor, _ weight: Tensor, _ targets: Tensor, _ temperature: Double)
        -> Outputs
    {
        let logits = hidden.linear(weight: weight) / temperature
        let log = logits.logSoftmax()
        return Outputs(
            logProbabilities: log.gathering(targets.unsqueezed(1)).squeezed(1),
            entropies: -(log.exp() * log).sum(along: 1),
            isTop: (logits.argmax(along: 1) .== targets).booleans(), meanLogits: logits.mean(along: 1))
    }

    private struct Problem {
        let hidden: Tensor
        let weight: Tensor
        let targets: Tensor
        let logGradient: Tensor
        let entropyGradient: Tensor

        init(rows: Int, vocabulary: Int, width: Int = 12, type: ScalarType = .float32) {
            hidden = Tensor.normal(rows, width, seed: 1).to(type).leaf()
            weight = Tensor.normal(vocabulary, width, seed: 2).to(type).leaf()
            targets = Tensor((0..<rows).map { ($0 * 37) % vocabulary })
            logGradient = Tensor.normal(rows, seed: 3)
            entropyGradient = Tensor.normal(rows, seed: 4)
        }

        func wide() -> (hidden: Tensor, weight: Tensor) {
            (hidden.to(.float64).leaf(), weight.to(.float64).leaf())
        }
    }

    private enum Differentiated: CaseIterable { case logProbabilities, entropies, both }

    private func loss(
        _ log: Tensor, _ entropy: Tensor, _ problem: Problem, _ what: Differentiated
    ) -> Tensor {
        let first = (log * problem.logGradient.to(log.type)).sum()
        let second = (entropy * problem.entropyGradient.to(log.type)).sum()
        switch what {
        case .logProbabilities: return first
        case .entropies: return second
        case .both: return first + second
        }
    }

    @Test(arguments: [0.5, 0.7, 1, 2.5], Differentiated.allCases)
    private func valuesAndGradients(temperature: Double, what: Differentiated) {
        let problem = Problem(rows: 23, vocabulary: 53)
        let found = problem.hidden.tokenLogProbabilities(
            weight: problem.weight, targets: problem.targets, temperature: temperature)
        let (hidden, weight) = problem.wide()
        let expected = reference(hidden, weight, problem.targets, temperature)
        expectClose(found.logProbabilities.to(.float64), expected.logProbabilities, within: 5e-6)
        expectClose(found.entropies.to(.float64), expected.entropies, within: 5e-6)
        expectClose(found.meanLogits.to(.float64), expected.meanLogits, within: 5e-6)
        #expect(found.isTop.booleans() == expected.isTop)
        loss(found.logProbabilities, found.entropies, problem, what).backward()
        loss(expected.logProbabilities, expected.entropies, problem, what).backward()
        expectClose(problem.hidden.gradient?.to(.float64), hidden.gradient, within: 2e-5)
        expectClose(problem.weight.gradient?.to(.float64), weight.gradient, within: 2e-5)
    }

    /// In fp64, and on other devices, the same function is made of tensor operations.
    @Test func kernelsEqualTheirPlainTwin() {
        let problem = Problem(rows: 23, vocabulary: 53)
        let (hidden, weight) = problem.wide()
        let plain = hidden.tokenLogProbabilities(weight: weight, targets: problem.targets, temperature: 0.7)
        let leaves = problem.wide()
        let expected = reference(leaves.hidden, leaves.weight, problem.targets, 0.7)
        expectClose(plain.logProbabilities, expected.logProbabilities, within: 1e-12)
        expectClose(plain.entropies, expected.entropies, within: 1e-12)
        expectClose(plain.meanLogits, expected.meanLogits, within: 1e-12)
        #expect(plain.isTop.booleans() == expected.isTop)
        loss(plain.logProbabilities, plain.entropies, problem, .both).backward()
        loss(expected.logProbabilities, expected.entropies, problem, .both).backward()
        expectClose(hidden.gradient, leaves.hidden.gradient, within: 1e-12)
        expectClose(weight.gradient, leaves.weight.gradient, within: 1e-12)
    }

    /// Sizes around the width of a vector and the length of a block.
    @Test(arguments: [1, 15, 16, 17, 2047, 2048, 2050])
    func vocabularySizes(vocabulary: Int) {
        let problem = Problem(rows: 3, vocabulary: vocabulary)
        let found = problem.hidden.tokenLogProbabilities(weight: problem.weight, targets: problem.targets)
        let (hidden, weight) = problem.wide()
        let expected = reference(hidden, weight, problem.targets, 1)
        expectClose(found.logProbabilities.to(.float64), expected.logProbabilities, within: 5e-6)
        expectClose(found.entropies.to(.float64), expected.entropies, within: 5e-6)
        expectClose(found.meanLogits.to(.float64), expected.meanLogits, within: 5e-6)
        loss(found.logProbabilities, found.entropies, problem, .both).backward()
        loss(expected.logProbabilities, expected.entropies, problem, .both).backward()
        expectClose(problem.hidden.gradient?.to(.float64), hidden.gradient, within: 2e-5)
        expectClose(problem.weight.gradient?.to(.float64), weight.gradient, within: 2e-5)
    }

    @Test func ofEqualLogitsTheFirstIsTop() {
        let found = Tensor.ones([3, 1]).tokenLogProbabilities(
            weight: Tensor([1, 2, 2, 1] as [Float], shape: [4, 1]), targets: Tensor([1, 2, 0]))
        #expect(found.isTop.booleans() == [true, false, false])
    }

    @Test func notANumberShows() {
        let found = Tensor([.nan, 1] as [Float], shape: [2, 1]).tokenLogProbabilities(
            weight: Tensor.ones([20, 1]), targets: Tensor([0, 0]))
        #expect(found.logProbabilities.floats()[0].isNaN && found.entropies.floats()[0].isNaN)
        #expect(found.logProbabilities.floats()[1].isFinite)
    }

    @Test func moreRowsThanAChunk() {
        // With 20 000 tokens a chunk has 838 rows: one full chunk and a rest.
        let problem = Problem(rows: 1000, vocabulary: 20_000, width: 8)
        let found = problem.hidden.tokenLogProbabilities(weight: problem.weight, targets: problem.targets)
        let (hidden, weight) = problem.wide()
        let expected = reference(hidden, weight, problem.targets, 1)
        expectClose(found.logProbabilities.to(.float64), expected.logProbabilities, within: 5e-6)
        expectClose(found.entropies.to(.float64), expected.entropies, within: 2e-5)
        expectClose(found.meanLogits.to(.float64), expected.meanLogits, within: 5e-6)
        #expect(found.isTop.booleans() == expected.isTop)
        loss(found.logProbabilities, found.entropies, problem, .both).backward()
        loss(expected.logProbabilities, expected.entropies, problem, .both).backward()
        // Each element is a product over 20 000 or 1000 fp32 terms.
        expectClose(problem.hidden.gradient?.to(.float64), hidden.gradient, within: 2e-4)
        expectClose(problem.weight.gradient?.to(.float64), weight.gradient, within: 2e-4)
    }

    @Test func halfPrecisionStates() {
        let problem = Problem(rows: 9, vocabulary: 31, type: .bfloat16)
        let found = problem.hidden.tokenLogProbabilities(weight: problem.weight, targets: problem.targets)
        #expect(found.logProbabilities.type == .float32 && found.entropies.type == .float32)
        let (hidden, weight) = problem.wide()
        let expected = reference(hidden, weight, problem.targets, 1)
        expectClose(found.logProbabilities.to(.float64), expected.logProbabilities, within: 5e-6)
        expectClose(found.entropies.to(.float64), expected.entropies, within: 5e-6)
        loss(found.logProbabilities, found.entropies, problem, .both).backward()
        loss(expected.logProbabilities, expected.entropies, problem, .both).backward()
        #expect(problem.hidden.gradient?.type == .bfloat16 && problem.weight.gradient?.type == .bfloat16)
        expectClose(problem.hidden.gradient?.to(.float64), hidden.gradient, within: 0.01)
        expectClose(problem.weight.gradient?.to(.float64), weight.gradient, within: 0.01)
    }

    @Test func halfPrecisionStatesUnderAMasterWeight() {
        let problem = Problem(rows: 9, vocabulary: 31)
        let half = problem.hidden.to(.bfloat16).leaf()
        let found = half.tokenLogProbabilities(weight: problem.weight, targets: problem.targets)
        let expected = reference(half.to(.float32), problem.weight, problem.targets, 1)
        expectClose(found.logProbabilities, expected.logProbabilities.detached(), within: 5e-6)
        found.logProbabilities.sum().backward()
        #expect(half.gradient?.type == .bfloat16 && problem.weight.gradient?.type == .float32)
    }

    /// Sizes around the panels and tiles of the product of bf16 into fp32.
    @Test(arguments: [(1, 1, 2), (8, 48, 32), (9, 49, 34), (17, 100, 30), (3, 47, 576), (4, 5, 7)])
    func logitsAndTheirGradients(rows: Int, vocabulary: Int, width: Int) {
        for type in [ScalarType.bfloat16, .float32] {
            let problem = Problem(rows: rows, vocabulary: vocabulary, width: width, type: type)
            let logits = problem.hidden.headLogits(weight: problem.weight)
            #expect(logits.type == .float32 && logits.shape == [rows, vocabulary])
            let (hidden, weight) = problem.wide()
            let expected = hidden.linear(weight: weight)
            expectClose(logits.detached().to(.float64), expected.detached(), within: 5e-5)
            let pull = Tensor.normal(rows, vocabulary, seed: 5).to(.bfloat16)
            (logits * pull.to(.float32)).sum().backward()
            (expected * pull.to(.float64)).sum().backward()
            let tolerance = type == .float32 ? 1e-5 : 0.02
            for (found, wanted) in [(problem.hidden, hidden), (problem.weight, weight)] {
                let size = wanted.gradient.map { $0.magnitude().max().item() } ?? 0
                #expect(found.gradient?.type == type)
                expectClose(found.gradient?.to(.float64), wanted.gradient, within: tolerance * max(1, size))
            }
            let scored = problem.hidden.tokenLogProbabilities(
                weight: problem.weight, targets: problem.targets)
            let drawn = logits.detached().logSoftmax().gathering(problem.targets.unsqueezed(1)).squeezed(1)
            expectClose(drawn, scored.logProbabilities, within: 5e-5)
        }
        #expect(throws: TorchError.self) {
            try catchingErrors { Tensor.ones([1, 2]).headLogits(weight: Tensor.ones([4, 3])) }
        }
    }

    /// A frozen weight may be bf16 under states in fp32, which are multiplied by its values.
    @Test(arguments: [5, 40]) func roundedWeightsAreWidened(rows: Int) {
        let problem = Problem(rows: rows, vocabulary: 70, width: 24)
        let rounded = problem.weight.detached().to(.bfloat16)
        let outcome = { (weight: Tensor) -> [Tensor?] in
            let hidden = problem.hidden.leaf()
            let found = hidden.tokenLogProbabilities(
                weight: weight, targets: problem.targets, temperature: 0.7)
            (found.logProbabilities * problem.logGradient).sum().backward()
            return [
                found.logProbabilities.detached(), hidden.gradient,
                hidden.detached().headLogits(weight: weight),
            ]
        }
        for (found, wanted) in zip(outcome(rounded), outcome(rounded.to(.float32))) {
            #expect(found?.type == .float32)
            expectClose(found, wanted, within: 1e-5)
        }
    }

    @Test func oneSideAlone() {
        let problem = Problem(rows: 4, vocabulary: 10)
        let both = problem.hidden.tokenLogProbabilities(weight: problem.weight, targets: problem.targets)
        both.logProbabilities.sum().backward()
        let hidden = problem.hidden.leaf()
        let frozen = hidden.tokenLogProbabilities(weight: problem.weight.detached(), targets: problem.targets)
        frozen.logProbabilities.sum().backward()
        expectClose(hidden.gradient, problem.hidden.gradient)
        let weight = problem.weight.leaf()
        let headOnly = problem.hidden.detached().tokenLogProbabilities(
            weight: weight, targets: problem.targets)
        headOnly.logProbabilities.sum().backward()
        expectClose(weight.gradient, problem.weight.gradient)
        #expect(!both.meanLogits.requiresGradient && !both.isTop.requiresGradient)
        let silent = withoutGradients {
            problem.hidden.tokenLogProbabilities(weight: problem.weight, targets: problem.targets)
        }
        #expect(!silent.logProbabilities.requiresGradient)
    }

    @Test func extremeLogitsStayFinite() {
        let hidden = Tensor([1000, -1000] as [Float], shape: [2, 1]).leaf()
        let weight = Tensor([1, 0, -1] as [Float], shape: [3, 1])
        let found = hidden.tokenLogProbabilities(weight: weight, targets: Tensor([0, 0]))
        expectClose(found.logProbabilities, [0, -2000])
        expectClose(found.entropies, [0, 0])
        #expect(found.isTop.booleans() == [true, false])
        (found.logProbabilities.sum() + found.entropies.sum()).backward()
        expectClose(hidden.gradient, Tensor([0, 2] as [Float], shape: [2, 1]))
    }

    @Test func noRows() {
        let found = Tensor.zeros([0, 3]).tokenLogProbabilities(
            weight: Tensor.ones([5, 3]), targets: Tensor([] as [Int]))
        #expect(found.logProbabilities.shape == [0] && found.entropies.shape == [0])
    }
}
