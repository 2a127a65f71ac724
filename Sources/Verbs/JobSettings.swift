import Models
import Rewards
import Settings

/// The settings of work that trains nothing, and what it reads.
public protocol JobConfiguration: ConfigurationSection {
    func inputs(_ rewards: RewardCatalogue) -> [SettingInput]
}

/// All settings of a verb that does not train: its own, and those of every run.
public struct JobSettings<Job: JobConfiguration>: VerbSettings {
    public var job: Job
    public var run = RunConfiguration()

    init(_ job: Job) { self.job = job }

    public var inputs: [VerbInput] { job.inputs(.standard).map(VerbInput.setting) }

    public mutating func resolve() {
        job.resolve()
        run.resolve()
    }
}
