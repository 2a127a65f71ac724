/// A definition that leaves something out, as one written before a setting existed, has the default there. Numbers of an
/// older Heed that are beyond what can be asked for today are brought within it.
extension ProjectDefinition {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ value: inout Value, _ key: CodingKeys) throws {
            if let given = try container.decodeIfPresent(Value.self, forKey: key) { value = given }
        }
        self.init(task: try container.decode(LabellingTask.self, forKey: .task))
        try read(&question, .question)
        try read(&guidelines, .guidelines)
        try read(&aspects, .aspects)
        try read(&lowestMark, .lowestMark)
        try read(&highestMark, .highestMark)
        try read(&strengths, .strengths)
        try read(&allowsTie, .allowsTie)
        try read(&allowsBothBad, .allowsBothBad)
        try read(&reason, .reason)
        try read(&allowsEdit, .allowsEdit)
        try read(&groups, .groups)
        answersPerItem = try container.decodeIfPresent(Int.self, forKey: .answersPerItem)
        try read(&overlap, .overlap)
        try read(&goldShare, .goldShare)
        try read(&repeatShare, .repeatShare)
        try read(&repeatDistance, .repeatDistance)
        try read(&selection, .selection)
        try read(&randomShare, .randomShare)
        try read(&leaseSeconds, .leaseSeconds)
        try read(&stoppingWidth, .stoppingWidth)
        overlap = Limits.brought(overlap, within: Limits.counts)
        repeatDistance = Limits.brought(repeatDistance, within: Limits.counts)
        leaseSeconds = Limits.brought(leaseSeconds, within: Limits.lease)
    }
}
