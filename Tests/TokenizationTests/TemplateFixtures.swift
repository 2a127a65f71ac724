import Foundation
import JSON

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

    static func value(_ path: String) throws -> JSONValue {
        try JSONValue(parsing: data(path))
    }
}

extension ChatTemplate {
    /// Renders with nothing but the given variables.
    func render(_ variables: JSONObject = [:], limits: JinjaLimits = .standard) throws -> String {
        try ChatTemplate(source, limits: limits).render(variables, date: Date(), markingGeneration: false)
            .text
    }
}
