/// The name in `names` that `word` was probably meant to be, or nil where none is near.
///
/// Near means: fewer than half of the letters must be inserted, deleted or replaced.
public func nearestName(to word: String, among names: some Sequence<String>) -> String? {
    let measured = names.map { (name: $0, distance: editDistance(word, $0)) }
    guard let best = measured.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
    return best.distance * 2 < max(word.count, best.name.count) ? best.name : nil
}

/// The key of a configuration that `word` was probably meant to be: what it is short for, what other tools call it, or the
/// nearest name.
func nearestKey(to word: String, among known: KnownKeys) -> String? {
    if let full = abbreviations[word], known.inOrder.contains(full) { return full }
    if case .name(let key, _)? = known.synonyms[word] { return key }
    return nearestName(to: word, among: known.inOrder + known.synonyms.keys)
}

/// What is often typed in place of a key.
private let abbreviations = [
    "lr": "learning_rate", "bs": "batch_size", "bsz": "batch_size", "wd": "weight_decay", "rank": "lora_rank",
    "lora": "lora_rank", "steps": "max_steps", "num_epochs": "epochs", "data": "train", "out": "output",
    "dtype": "precision", "kl_coef": "kl_coefficient", "ckpt_every": "checkpoint_every",
    "max_tokens": "max_new_tokens", "gas": "gradient_accumulation_steps",
]

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
