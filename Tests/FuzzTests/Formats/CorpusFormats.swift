import Foundation
import Models
import Training

@testable import Verbs

extension FuzzFormat {
    /// Texts that rows are made of.
    static let corpora = [
        FuzzFormat(
            "conversations", .text, sources: ["Verbs/Data/ConversationCorpus.swift"],
            samples: [
                "categories:\n- kitchen\nconversations:\n- - How are you?\n  - WELL, thanks\n- - So\n  - \"x: y\"\n"
            ],
            words: ["- - ", "&a ", "*a", "!!binary ", "? ", "\u{2028}", "{}", "|\n  "]
        ) { input in
            _ = try input.file("topic.yml")
            _ = try ConversationCorpus(input.folder.path, without: [], context: context())
        },
        FuzzFormat(
            "rated-conversations", .json, sources: ["Verbs/Data/PairedConversations.swift"],
            samples: [
                """
                {"1": {"prompt": "Where?", "ratings": {"witty": 4, "kind": 6}, "messages": [
                  [{"text": "Ann says so", "sender": "ann"}], [{"text": "Ben too", "sender": "ben"}],
                  [{"text": "Bye", "sender": "ann"}, {"text": "then", "sender": "ann"}]]}}
                """
            ]
        ) { input in
            let file = try input.file("rated.json")
            _ = try PairedConversations(file.path, words: 100, minimumTurns: 2, context: context())
            _ = try PairedConversations(
                file.path, words: 100, minimumTurns: 2, mustBeRated: true, context: context())
        },
    ]

    private static func context() throws -> RunContext {
        var run = RunConfiguration()
        run.device = "cpu"
        return try RunContext(verb: "prompts", run: run)
    }
}
