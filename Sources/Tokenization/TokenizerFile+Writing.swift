import Foundation
import JSON

extension TokenizerFile {
    /// A `tokenizer.json` of a byte-level BPE.
    ///
    /// - Parameters:
    ///   - vocabulary: ids by spelling.
    ///   - merges: as the spellings of the two, with a blank between.
    static func json(
        addedTokens: [AddedToken], composesText: Bool, preTokenizer: PreTokenizer, postProcessor: JSONValue,
        ignoresMerges: Bool, vocabulary: JSONObject, merges: [String]
    ) -> Data {
        let json: JSONValue = [
            "version": "1.0",
            "truncation": .null,
            "padding": .null,
            "added_tokens": .array(addedTokens.map(\.json)),
            "normalizer": composesText ? ["type": "NFC"] : .null,
            "pre_tokenizer": preTokenizer.json,
            "post_processor": postProcessor,
            "decoder": [
                "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true,
            ],
            "model": [
                "type": "BPE",
                "dropout": .null,
                "unk_token": .null,
                "continuing_subword_prefix": .null,
                "end_of_word_suffix": .null,
                "fuse_unk": false,
                "byte_fallback": false,
                "ignore_merges": .boolean(ignoresMerges),
                "vocab": .object(vocabulary),
                "merges": .array(merges.map(JSONValue.string)),
            ],
        ]
        return Data(json.text(.compact).utf8)
    }
}

extension AddedToken {
    /// As `tokenizer.json` has it.
    var json: JSONValue {
        [
            "id": .integer(id), "content": .string(content), "single_word": .boolean(isSingleWord),
            "lstrip": .boolean(stripsLeft), "rstrip": .boolean(stripsRight),
            "normalized": .boolean(isNormalized), "special": .boolean(isSpecial),
        ]
    }
}
