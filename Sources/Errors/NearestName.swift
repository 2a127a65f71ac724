/// The name in `names` that `word` was probably meant to be, or nil where none is near.
///
/// Near means: fewer than half of the letters must be inserted, deleted or replaced.
public func nearestName(to word: String, among names: some Sequence<String>) -> String? {
    let measured = names.map { (name: $0, distance: editDistance(word, $0)) }
    guard let best = measured.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
    return best.distance * 2 < max(word.count, best.name.count) ? best.name : nil
}

/// Levenshtein's distance, one row of the table at a time.
private func editDistance(_ first: String, _ second: String) -> Int {
    let columns = Array(second)
    var row = Array(0...columns.count)
    for (i, letter) in first.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in columns.enumerated() {
            let replaced = diagonal + (letter == other ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
        }
    }
    return row[columns.count]
}
