import Models
import Rewards
import Settings
import Training

/// The settings of work that trains nothing, and what it reads.
public protocol JobConfiguration: ConfigurationSection {
    func inputs(_ rewards: RewardCatalogue) -> [SettingInput]
    /// What it cannot do without and is not set.
    var missing: [InvalidSetting] { get }
    /// What is expected as output.
    static var output: String { get }
    /// What its precision is chosen for.
    static var purpose: RunConfiguration.Purpose { get }
}

extension JobConfiguration {
    public var missing: [InvalidSetting] { [] }
    public static var output: String { RunContext.outputFile }
    public static var purpose: RunConfiguration.Purpose { .training }
}

/// All settings of a verb that does not train: its own, and those of every run.
public struct JobSettings<Job: JobConfiguration>: VerbSettings {
    public var job: Job
    public var run = RunConfiguration()

    init(_ job: Job) { self.job = job }

    public var inputs: [VerbInput] { job.inputs(.standard).map(VerbInput.setting) }

    public var missing: [InvalidSetting] {
        job.missing + (run.output == nil ? [.noOutput(Job.output)] : [])
    }

    public func validate() throws { try run.check(for: purpose) }

    public mutating func resolve() {
        job.resolve()
        run.resolve(for: purpose)
    }

    public var purpose: RunConfiguration.Purpose { Job.purpose }
}
