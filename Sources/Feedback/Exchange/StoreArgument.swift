import Foundation

/// A store as an argument names it: `feedback.sqlite`, or `feedback.sqlite:project=NAME,aspect=NAME,group=NAME` with what
/// to take of it.
public struct StoreArgument: Hashable, Sendable {
    public let url: URL
    public let selection: JudgmentSelection

    /// - Returns: nil where there is no such file, or it is no SQLite database.
    /// - Throws: ``ExchangeError/unknownOption(_:argument:)``
    public init?(_ text: String) throws {
        let whole = URL(fileURLWithPath: text)
        if FeedbackStore.isStore(whole) {
            self.init(url: whole, selection: JudgmentSelection())
            return
        }
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let file = URL(fileURLWithPath: String(text[..<colon]))
        guard FeedbackStore.isStore(file) else { return nil }
        var selection = JudgmentSelection()
        for option in text[text.index(after: colon)...].split(separator: ",") {
            let sides = option.split(separator: "=", maxSplits: 1).map(String.init)
            switch (sides.first, sides.count) {
            case ("project", 2): selection.project = sides[1]
            case ("aspect", 2): selection.aspect = sides[1]
            case ("group", 2): selection.group = sides[1]
            default: throw ExchangeError.unknownOption(String(option), argument: text)
            }
        }
        self.init(url: file, selection: selection)
    }

    public init(_ store: FeedbackStore, _ selection: JudgmentSelection) {
        self.init(url: store.url, selection: selection)
    }

    private init(url: URL, selection: JudgmentSelection) {
        self.url = url
        self.selection = selection
    }

    /// The argument with the whole path, as run.json names it.
    public var name: String {
        let options = [
            ("project", selection.project), ("aspect", selection.aspect), ("group", selection.group),
        ].compactMap { name, value in value.map { "\(name)=\($0)" } }
        return url.path + (options.isEmpty ? "" : ":" + options.joined(separator: ","))
    }
}
