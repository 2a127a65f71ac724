import Settings

/// How often something happens in a run: every so many optimizer steps, after every part of the run's steps, or at the end of
/// every epoch. Written as a whole number (0: never), as a share below 1, or as `epoch`.
public enum StepInterval: Equatable, Sendable {
    case steps(Int)
    /// Above 0 and below 1, of all steps of the run.
    case share(Double)
    case epoch

    /// As a number of steps, rounded up as transformers does; nil for epochs, whose steps the data know.
    public func steps(of totalSteps: Int) -> Int? {
        switch self {
        case .steps(let steps): steps
        case .share(let share): max(1, Int((share * Double(totalSteps)).rounded(.up)))
        case .epoch: nil
        }
    }

    /// Whether it is due after `step`.
    ///
    /// - Parameter epochsDone: before and after the step.
    func isDue(after step: Int, of totalSteps: Int, epochsDone: (before: Double, after: Double)) -> Bool {
        guard self != .steps(0) else { return false }
        if step == totalSteps { return true }
        guard let interval = steps(of: totalSteps) else {
            return epochsDone.after.rounded(.down) > epochsDone.before.rounded(.down)
        }
        return step.isMultiple(of: interval)
    }
}

extension StepInterval: ExpressibleByIntegerLiteral {
    public init(integerLiteral steps: Int) { self = .steps(steps) }
}

extension StepInterval: NumericSetting, DescribedSetting {
    public var numbers: [Double] {
        switch self {
        case .steps(let steps): [Double(steps)]
        case .share(let share): [share]
        case .epoch: []
        }
    }

    public static var isWhole: Bool { true }
    public static var expectation: String { "a whole number of steps, a share of them below 1, or epoch" }
}

extension StepInterval: CustomStringConvertible {
    public var description: String {
        switch self {
        case .steps(let steps): "\(steps)"
        case .share(let share): "\(share)"
        case .epoch: Self.wordForEpochs
        }
    }

    private static let wordForEpochs = "epoch"

    /// The interval that a word or number names; nil for any other.
    public init?(_ text: String) {
        if text == Self.wordForEpochs {
            self = .epoch
        } else if let steps = Int(text) {
            self = .steps(steps)
        } else if let number = Double(text), let steps = Int(exactly: number) {
            self = .steps(steps)
        } else if let share = Double(text), share > 0, share < 1 {
            self = .share(share)
        } else {
            return nil
        }
    }
}

extension StepInterval: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try (try? container.decode(String.self)) ?? "\(container.decode(Double.self))"
        guard let interval = StepInterval(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected \(Self.expectation)")
        }
        self = interval
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .steps(let steps): try container.encode(steps)
        case .share(let share): try container.encode(share)
        case .epoch: try container.encode(Self.wordForEpochs)
        }
    }
}
