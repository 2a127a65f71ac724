import Models
import Settings

/// Settings of `heed chat`.
struct ChatConfiguration: ConfigurationSection {
    var model: String?
    /// A second model, whose answers are shown beside those of the first.
    var against: String?
    /// Where the choices between two answers go.
    var store: String?
    /// The first message of every conversation.
    var system: String?
    var sampler: SamplerConfiguration
    var run = RunConfiguration()

    init() {
        sampler = SamplerConfiguration()
        sampler.maximumNewTokens = 512
        sampler.temperature = 0.7
        sampler.topP = 0.9
    }

    mutating func resolve() { run.resolve(for: .conversation) }

    func validate() throws {
        guard against != nil, store == nil else { return }
        throw InvalidSetting(
            "store", expected: "a store for the votes beside --against (--store FILE.sqlite)",
            found: "nothing")
    }
}
