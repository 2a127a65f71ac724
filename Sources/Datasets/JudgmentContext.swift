import JSON

/// Who judged, about what, when, and whose answer it was: columns that any judgment may carry.
public struct JudgmentContext: Hashable, Sendable {
    public var annotator: String?
    /// The group of people the annotator belongs to.
    public var group: String?
    /// What was judged: `helpful`, `safe`, ….
    public var aspect: String?
    public var createdAt: String?
    /// The content hash of the model that wrote the answer.
    public var policy: String?

    public init(
        annotator: String? = nil, group: String? = nil, aspect: String? = nil, createdAt: String? = nil,
        policy: String? = nil
    ) {
        self.annotator = annotator
        self.group = group
        self.aspect = aspect
        self.createdAt = createdAt
        self.policy = policy
    }

    init(from fields: inout RowFields) throws {
        annotator = try fields.optionalIdentifier("annotator")
        group = try fields.optionalIdentifier("group")
        aspect = try fields.optionalIdentifier("aspect")
        createdAt = try fields.optionalIdentifier("created_at")
        policy = try fields.optionalIdentifier("policy")
    }

    /// Those that are known, as a row has them.
    public var columns: [(name: String, value: JSONValue)] {
        let pairs = [
            ("annotator", annotator), ("group", group), ("aspect", aspect), ("created_at", createdAt),
            ("policy", policy),
        ]
        return pairs.compactMap { name, value in value.map { (name: name, value: .string($0)) } }
    }
}
