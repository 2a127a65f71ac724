import Errors

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
