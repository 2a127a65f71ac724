import JSON

/// The model that wrote a response, and how it was sampled.
public struct Policy: Codable, Hashable, Sendable {
    /// What the lead calls it; annotators never see it.
    public var name: String
    /// The content hash of its weights; empty where nobody knows it.
    public var hash: String
    /// The sampler's settings.
    public var sampler: JSONObject

    public init(name: String, hash: String = "", sampler: JSONObject = [:]) {
        self.name = name
        self.hash = hash
        self.sampler = sampler
    }
}
