extension String {
    /// The text as one word of a shell, to be typed again.
    public var quotedForShell: String {
        let isPlain = allSatisfy { $0.isLetter || $0.isNumber || "-_=./:,".contains($0) }
        return isPlain && !isEmpty ? self : "'\(replacing("'", with: #"'\''"#))'"
    }
}

extension [String] {
    /// The words as one line of a shell, to be typed again in a folder: what lies in it is named by its way from there.
    public func shellLine(in folder: String) -> String {
        map { word in
            let word = word.replacing("=\(folder)/", with: "=")
            return (word.hasPrefix(folder + "/") ? String(word.dropFirst(folder.count + 1)) : word)
                .quotedForShell
        }.joined(separator: " ")
    }
}
