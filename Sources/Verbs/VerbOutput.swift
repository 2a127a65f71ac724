/// What a verb leaves in the folder of a recipe, and what other stages can refer to there.
public struct VerbOutput: Sendable {
    /// Of the file's name; nil for a folder.
    let fileExtension: String?
    /// What the stage's name alone stands for, below the output; nil where one of the parts must be named.
    let main: String?
    /// Parts by name, below the output.
    let parts: [String: String]

    package var isFolder: Bool { fileExtension == nil }

    /// A run folder; its name stands for the model to use next.
    public static let run = VerbOutput(fileExtension: nil, main: "final", parts: ["run": ""])
    /// A file of rows.
    public static let rows = VerbOutput(fileExtension: "jsonl", main: "", parts: [:])
    public static let folder = VerbOutput(fileExtension: nil, main: "", parts: [:])
    /// Rows to train on and rows kept for evaluation.
    public static let split = VerbOutput(
        fileExtension: nil, main: nil, parts: ["train": "train.jsonl", "held-out": "held-out.jsonl"])

    /// The path where the stage `name` writes below `folder`.
    package func path(of name: String, in folder: String) -> String {
        "\(folder)/\(name)" + (fileExtension.map { ".\($0)" } ?? "")
    }

    /// The path that a reference to the stage, or to a part of it, stands for; nil where there is no such part.
    package func target(ofPart part: String?, output: String) -> String? {
        guard let below = part.map({ parts[$0] }) ?? main else { return nil }
        return below.isEmpty ? output : "\(output)/\(below)"
    }

    /// How the stage `name` may be referred to.
    package func references(to name: String) -> [String] {
        (main == nil ? [] : ["${\(name)}"]) + parts.keys.sorted().map { "${\(name).\($0)}" }
    }
}
