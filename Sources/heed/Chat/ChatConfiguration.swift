import Alignment

/// Settings of `heed chat`.
struct ChatConfiguration: ConfigurationSection {
    var model: String?
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
}
