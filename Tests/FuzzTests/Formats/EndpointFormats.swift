import Endpoints
import Files
import Foundation
import JSON

@testable import Methods

extension FuzzFormat {
    /// What servers answer, and what is kept of it.
    static let endpoints = [
        FuzzFormat(
            "endpoint answer", .json, sources: ["Endpoints/EndpointClient.swift"],
            samples: [
                #"{"choices": [{"logprobs": {"tokens": ["Once", " up", "bytes:\\xc3", "bytes:\\xa9"], "#
                    + #""token_logprobs": [null, -1.5, -0.25, 0]}}]}"#,
                #"{"choices": [{"logprobs": {"tokens": ["<s>", "Once up", "é", "!"], "#
                    + #""token_logprobs": [null, -2, -1e-9, -3]}}]}"#,
            ], words: ["bytes:\\\\x", "null", "1e-4", "-1e999", "Once upé"]
        ) { input in
            do {
                _ = try EndpointTeacher.Reading(JSONValue(parsing: input.bytes), of: "Once upé")
            } catch is JSONSyntaxError {
                // The client says whose answer it is.
            }
        },
        FuzzFormat(
            "endpoint record", .json, sources: ["Methods/Distillation/Endpoint/EndpointTeacher.swift"],
            samples: [
                #"{"teacher": "http://localhost:9#m", "key": "a", "tokens": [[79], [32, 117]], "logprobs": [null, -1.5]}"#
                    + "\n"
            ].map { Array($0.utf8) }
        ) { folder in
            { input in
                try input.data.write(to: folder.appending(path: EndpointTeacher.fileName))
                _ = try EndpointTeacher("http://localhost:9#m", keepingIn: folder.path)
            }
        },
    ]
}
