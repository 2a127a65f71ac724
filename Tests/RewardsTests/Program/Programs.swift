import Datasets
import Foundation
import JSON
import Settings
import TestSupport

@testable import Rewards

/// Small programs that score answers, well and badly.
struct Programs {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// A shell script that does `body` for each line of its input, whose id is in `$id`.
    func each(_ body: String) throws -> String {
        try script(
            """
            reply() { printf '{"id":%s,"reward":%s}\\n' "$1" "$2"; }
            while IFS= read -r line; do
            id=${line#'{"id":'}; id=${id%%,*}
            \(body)
            done
            """)
    }

    func script(_ text: String, interpreter: String = "/bin/sh") throws -> String {
        let name = "program-\(UUID().uuidString)"
        let file = try folder.write("#!\(interpreter)\n\(text)\n", to: name)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        return file.path
    }

    /// A reward with the options of an argument: `timeout=1,batch=2`.
    static func reward(
        _ path: String, _ options: String = "", wanted: Confinement = .all
    ) throws -> ProgramReward {
        var argument = try NamedArgument("program" + (options.isEmpty ? "" : ":\(options)"), kind: "reward")
        if argument.string("timeout") == nil { argument = argument.with("timeout", "20") }
        return try ProgramReward(path: path, limits: ProgramLimits(argument), wanted: wanted)
    }

    static func inputs(_ texts: [String], columns: JSONObject = [:]) -> [RewardInput] {
        texts.enumerated().map { index, text in
            RewardInput(
                prompt: .plain("What is asked?"), text: text, isFinished: true, columns: columns,
                place: Place(file: "rows.jsonl", line: index + 1))
        }
    }

    static let python = ["/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"]
        .first(where: FileManager.default.isExecutableFile)

    /// The processes of this machine with a word in their command line.
    static func processes(with word: String) -> [String] {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return folders.filter { Int($0) != nil }.compactMap { name in
            guard let data = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else { return nil }
            let line = String(decoding: data, as: UTF8.self).replacing("\0", with: " ")
            return line.contains(word) ? line : nil
        }
    }
}

extension NamedArgument {
    fileprivate func with(_ option: String, _ value: String) -> NamedArgument {
        NamedArgument(kind: kind, name: name, values: values.merging([option: value]) { $1 })
    }
}
