import Testing

@testable import Charts

@Suite struct ScaleTests {
    private func labels(_ axis: Axis, _ values: [Double], about count: Int) -> [String] {
        Scale(axis, fitting: values).ticks(about: count).map(\.label)
    }

    @Test func linearTicksAreRoundAndEquallyPrecise() {
        #expect(
            labels(Axis("", domain: 0...1), [], about: 5) == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"])
        #expect(labels(Axis("", domain: -0.013...0.021), [], about: 3) == ["−0.01", "0", "0.01", "0.02"])
        #expect(labels(Axis("", domain: 0...4200), [], about: 4) == ["0", "1000", "2000", "3000", "4000"])
        #expect(
            labels(Axis("", style: .percent, domain: 0.5...0.6), [], about: 2) == ["50 %", "55 %", "60 %"])
        #expect(labels(Axis("", domain: 0...1e-5), [], about: 2) == ["0", "5e−6", "1e−5"])
    }

    /// Neighbours never look alike, however close they are: a loss that has hardly moved from ln 2.
    @Test(arguments: [
        0.69295...0.69335, 0.693147...0.693149, 1_234_567...1_234_600, 2e-7...2.3e-7, -0.50004...(-0.49996),
    ])
    func labelsOfNeighboursDiffer(domain: ClosedRange<Double>) {
        for count in 2...8 {
            let labels = labels(Axis("", domain: domain), [], about: count)
            #expect(Set(labels).count == labels.count, "\(labels)")
        }
        #expect(
            labels(Axis("", domain: 0.69295...0.69335), [], about: 4) == [
                "0.6930", "0.6931", "0.6932", "0.6933",
            ])
    }

    @Test func logarithmicTicksAreDecades() {
        let decades = labels(Axis("", spacing: .logarithmic, domain: 0.001...1000), [], about: 7)
        #expect(decades == ["0.001", "0.01", "0.1", "1", "10", "100", "1000"])
        #expect(
            labels(Axis("", spacing: .logarithmic, domain: 1...20), [], about: 5) == [
                "1", "2", "5", "10", "20",
            ])
    }

    @Test(arguments: [0.3, 1.0, 7.5, 40, 900])
    func squareRootTicksStayInsideAndRise(end: Double) {
        let ticks = Scale(Axis("", spacing: .squareRoot, domain: 0...end), fitting: []).ticks(about: 6).map(
            \.value)
        #expect(ticks.first == 0)
        #expect(ticks.count >= 4)
        #expect(ticks == ticks.sorted() && Set(ticks).count == ticks.count)
        #expect(ticks.allSatisfy { $0 <= end })
    }

    /// An estimate of a divergence can come out below zero, and is shown there.
    @Test func squareRootsGoBelowZero() {
        let axis = Axis("", spacing: .squareRoot)
        #expect(axis.canShow(-0.2))
        let scale = Scale(axis, fitting: [-0.2, 0, 4])
        #expect(scale.domain.lowerBound < -0.2)
        #expect(scale.position(of: -0.2) > 0 && scale.position(of: -0.2) < scale.position(of: 0))
        let ticks = scale.ticks(about: 6).map(\.value)
        #expect(ticks.contains(0) && ticks == ticks.sorted() && ticks.allSatisfy(scale.domain.contains))
        #expect(Scale(axis, fitting: [-3, -1]).domain.contains(-3))
    }

    @Test func positionsRunFromEndToEnd() {
        let linear = Scale(Axis("", domain: 2...6), fitting: [])
        #expect(linear.position(of: 3) == 0.25)
        let root = Scale(Axis("", spacing: .squareRoot, domain: 0...16), fitting: [])
        #expect(root.position(of: 4) == 0.5)
        let log = Scale(Axis("", spacing: .logarithmic, domain: 1...10_000), fitting: [])
        #expect(abs(log.position(of: 100) - 0.5) < 1e-12)
    }

    @Test func domainsFitTheData() {
        #expect(Scale(Axis("", including: [0]), fitting: [3, 9]).domain.lowerBound == 0)
        #expect(Scale(Axis(""), fitting: [5, 5]).domain.contains(5))
        #expect(Scale(Axis("", spacing: .logarithmic), fitting: [-1, 0, 2]).domain.lowerBound > 0)
        for spacing in [Axis.Spacing.linear, .squareRoot, .logarithmic] {
            let empty = Scale(Axis("", spacing: spacing), fitting: [])
            #expect(empty.domain.lowerBound < empty.domain.upperBound)
        }
    }
}
