import Foundation

@testable import Tokenization

/// The recorded renderings that the template suites compare with.
enum TemplateFixtures {
    static func data(_ path: String) throws -> Data {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try Data(contentsOf: folder.appending(path: "Fixtures").appending(path: path))
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try data(path), as: UTF8.self)
    }

    static func value(_ path: String) throws -> TemplateValue {
        try TemplateValue(json: data(path))
    }
}

extension TemplateValue {
    subscript(key: String) -> TemplateValue? {
        guard case .mapping(let entries) = self else { return nil }
        return entries[key]
    }

    var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var list: [TemplateValue] {
        guard case .list(let elements) = self else { return [] }
        return elements
    }

    var dictionary: [String: TemplateValue] {
        guard case .mapping(let entries) = self else { return [:] }
        return Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.value) })
    }
}

extension ChatTemplate {
    /// Renders with nothing but the given variables.
    func render(_ variables: [String: TemplateValue] = [:], limits: JinjaLimits = .standard) throws -> String
    {
        try ChatTemplate(source, limits: limits).render(variables, date: Date(), markingGeneration: false)
            .text
    }
}
