import Testing
import TorchNN
import TorchTestSupport

@Suite struct LearningRateScheduleTests {
    private struct Golden: Decodable {
        struct Extra: Decodable {
            let numCycles, power, lrEnd, minLrRate: Double?
            let numDecaySteps: Int?
        }
        struct Schedule: Decodable {
            let schedule: String
            let baseLr: Double
            let warmupSteps, totalSteps: Int
            let extra: Extra
            let lrFirst50, lrLast10: [Double]
        }
        let schedules: [Schedule]
    }

    private func curve(_ golden: Golden.Schedule) throws -> LearningRateSchedule.Curve {
        let extra = golden.extra
        return switch golden.schedule {
        case "cosine" where extra.numCycles != nil: .cosine(cycles: try #require(extra.numCycles))
        case "cosine_with_restarts": .cosineWithRestarts(cycles: Int(try #require(extra.numCycles)))
        case "polynomial": .polynomial(power: try #require(extra.power), end: try #require(extra.lrEnd))
        case "cosine_with_min_lr": .cosineWithMinimum(try #require(extra.minLrRate))
        case "warmup_stable_decay": .warmupStableDecay(decaySteps: try #require(extra.numDecaySteps))
        default: try #require(LearningRateSchedule.Curve.named[golden.schedule])
        }
    }

    @Test func goldenSchedules() throws {
        let schedules = try Fixtures.golden("optim/lr_schedules.json", as: Golden.self).schedules
        #expect(schedules.count == 12)
        for golden in schedules {
            let schedule = LearningRateSchedule(
                try curve(golden), base: golden.baseLr, warmupSteps: golden.warmupSteps,
                totalSteps: golden.totalSteps)
            expectClose((0..<50).map(schedule.rate), golden.lrFirst50, within: 1e-15)
            expectClose((90..<100).map(schedule.rate), golden.lrLast10, within: 1e-15)
        }
    }

    private struct Curves: Decodable {
        struct Extra: Decodable {
            let numDecaySteps: Int?
            let decayType, warmupType: LearningRateSchedule.Slope?
            let minLrRatio, minLrRate: Double?
        }
        struct Schedule: Decodable {
            let schedule: String
            let baseLr: Double
            let warmupSteps, totalSteps: Int
            let extra: Extra
            let lr: [Double]
        }
        let schedules: [Schedule]
    }

    /// Every slope up and down, with a minimum and without, two steps past the end.
    @Test func goldenCurves() throws {
        let schedules = try Fixtures.golden("pretrain/lr_curves.json", as: Curves.self).schedules
        #expect(schedules.count == 9)
        for golden in schedules {
            let extra = golden.extra
            let curve: LearningRateSchedule.Curve =
                golden.schedule == "cosine_with_min_lr"
                ? .cosineWithMinimum(try #require(extra.minLrRate))
                : .warmupStableDecay(
                    decaySteps: try #require(extra.numDecaySteps), decay: try #require(extra.decayType),
                    minimum: try #require(extra.minLrRatio), warmup: extra.warmupType ?? .linear)
            let schedule = LearningRateSchedule(
                curve, base: golden.baseLr, warmupSteps: golden.warmupSteps, totalSteps: golden.totalSteps)
            expectClose(golden.lr.indices.map(schedule.rate), golden.lr, within: 1e-15)
        }
    }

    @Test func edges() {
        let past = LearningRateSchedule(.linear, base: 1, totalSteps: 10)
        #expect(past.rate(at: 10) == 0 && past.rate(at: 50) == 0)
        let allWarmup = LearningRateSchedule(.cosine(), base: 1, warmupSteps: 10, totalSteps: 10)
        #expect(allWarmup.rate(at: 5) == 0.5 && allWarmup.rate(at: 10) == 1)
        #expect(LearningRateSchedule(.cosineWithRestarts(), base: 1, totalSteps: 10).rate(at: 10) == 0)
        #expect(LearningRateSchedule(.polynomial(end: 0.1), base: 1, totalSteps: 10).rate(at: 20) == 0.1)
        #expect(LearningRateSchedule(.inverseSquareRoot, base: 1, totalSteps: 10).rate(at: 0) == 1)
        #expect(LearningRateSchedule(.constant, base: 1, warmupSteps: 5, totalSteps: 10).rate(at: 0) == 1)
        #expect(
            LearningRateSchedule(.warmupStableDecay(decaySteps: 4), base: 1, totalSteps: 10).rate(at: 12) == 0
        )
    }
}
