import Datasets
import Tokenization

/// Every document ends with a token that is learned, also where the padding token is the same one.
struct EndIsLearned: Invariant {
    let tokenizer: Tokenizer
    let stopTokens: Set<Int>
    /// Documents as training sees them.
    let documents: () throws -> [TokenizedSequence]

    let name = "end of sequence learned, EOS ≠ PAD"
    let advice =
        "the model would never learn to stop; name an eos_token in tokenizer_config.json that is not the pad_token"

    func measure() throws -> Deviation {
        let documents = try documents()
        let unlearned = documents.filter { document in
            !zip(document.tokens, document.counts).contains { stopTokens.contains($0) && $1 }
        }
        return Deviation(unlearned.count, of: documents.count, "documents without a learned end", note: note)
    }

    /// Nothing is padded here, so the same token for both does no harm here.
    private var note: String? {
        guard let end = tokenizer.endOfSequence, end == tokenizer.padding else { return nil }
        return
            "pad_token is \(end.text) as well. Heed pads nothing and learns it; a trainer that leaves padding out by "
            + "its id would not"
    }
}
