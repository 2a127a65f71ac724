/// Which judgments of a store leave it, and how.
public struct JudgmentSelection: Hashable, Codable, Sendable {
    /// The name of the only project; nil: all.
    public var project: String?
    /// The only aspect; nil: all.
    public var aspect: String?
    /// The group attribute that the column `group` holds; nil: the first that a project declares.
    public var group: String?
    public var naming = AnnotatorNaming.pseudonym
    public var layout = RowLayout.asGiven

    public init(project: String? = nil, aspect: String? = nil) {
        self.project = project
        self.aspect = aspect
    }
}

extension StoreReader {
    /// The project of this name, or all.
    /// - Throws: ``ExchangeError`` where there is none.
    public func projects(_ name: String?, store: String) throws -> [Project] {
        let all = try projects()
        guard let name else {
            guard !all.isEmpty else { throw ExchangeError.noProject(store: store) }
            return all
        }
        guard let project = try project(named: name) else {
            throw ExchangeError.unknownProject(name, known: all.map(\.name), store: store)
        }
        return [project]
    }

    /// Judgments that count, item by item, so that one item at a time is in memory: the first showing to each person (a
    /// repeat is there to be compared with it), of active people, on everything but training items.
    ///
    /// - Parameter ids: the only judgments that count, whoever made them; nil: all of active people.
    func forEachExportedJudgment(
        of selection: JudgmentSelection, store: String, only ids: Set<Judgment.ID>? = nil,
        _ body: (ExportedJudgment) throws -> Void
    ) throws {
        for project in try projects(selection.project, store: store) {
            let judgments = try judgments(in: project.id, ids == nil ? .counted : .everything)
                .filter { $0.showing == 0 && ids?.contains($0.id) != false }
            var definitions: [Int: ProjectDefinition] = [:]
            let byItem = Dictionary(grouping: judgments.filter { $0.kind != .training }, by: \.item)
            for id in byItem.keys.sorted() {
                let item = try item(id)
                for judgment in (byItem[id] ?? []).sorted(by: { $0.id < $1.id }) {
                    let version = judgment.projectVersion
                    let definition =
                        try definitions[version] ?? definition(of: project.id, version: version)
                    definitions[version] = definition
                    try body(
                        ExportedJudgment(
                            project: project.name, definition: definition, item: item, judgment: judgment,
                            selection: selection))
                }
            }
        }
    }
}
