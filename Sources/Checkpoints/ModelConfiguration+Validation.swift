extension ModelConfiguration {
    /// Throws where sizes are not positive or not plausible, or do not fit each other.
    public func validate() throws {
        // The limits are far above any model and keep every product of two sizes within 64 bits; fp32, in which angles are
        // computed, tells 2²⁴ positions apart.
        let sizes: [(name: String, size: Int, limit: Int)] = [
            ("hidden_size", hiddenSize, 1 << 20), ("num_hidden_layers", layerCount, 1 << 12),
            ("num_attention_heads", headCount, 1 << 14), ("num_key_value_heads", keyValueHeadCount, 1 << 14),
            ("head_dim", headSize, 1 << 14), ("intermediate_size", feedForwardSize, 1 << 24),
            ("vocab_size", vocabularySize, 1 << 24), ("max_position_embeddings", maximumPositions, 1 << 24),
        ]
        for (name, size, limit) in sizes where !(1...limit).contains(size) {
            throw invalid(name, expected: "a size from 1 to \(limit)", found: "\(size)")
        }
        guard headCount.isMultiple(of: keyValueHeadCount) else {
            throw invalid(
                "num_key_value_heads", expected: "a divisor of the \(headCount) heads",
                found: "\(keyValueHeadCount)")
        }
        guard headSize.isMultiple(of: 2) else {
            throw invalid("head_dim", expected: "an even size, for rotary positions", found: "\(headSize)")
        }
        guard rotaryFraction > 0, rotaryFraction <= 1, rotarySize > 0, rotarySize.isMultiple(of: 2) else {
            throw invalid(
                "partial_rotary_factor",
                expected: "a share that makes an even number of the head's \(headSize) dimensions",
                found: "\(rotaryFraction)")
        }
        for (name, value) in [
            ("rms_norm_eps", normEpsilon), ("rope_theta", ropeTheta),
            ("rope_local_base_freq", slidingRope?.theta ?? 1), ("embedding_multiplier", scales.embedding),
            ("attention_multiplier", scales.attention ?? 1), ("residual_multiplier", scales.residual),
            ("logits_scaling", scales.logits),
        ] where !(value > 0 && value.isFinite) {
            throw invalid(name, expected: "a positive number", found: "\(value)")
        }
        guard initializerRange >= 0, initializerRange.isFinite else {
            throw invalid("initializer_range", expected: "0 or more", found: "\(initializerRange)")
        }
        let ids =
            [("bos_token_id", beginningOfSequenceID), ("pad_token_id", paddingID)]
            + endOfSequenceIDs.map { ("eos_token_id", $0) }
        for case (let name, let id?) in ids where !(0..<vocabularySize).contains(id) {
            throw invalid(name, expected: "an id below the vocabulary's \(vocabularySize)", found: "\(id)")
        }
        if labelCount == 0 { throw invalid("id2label", expected: "at least one label", found: "none") }
        try validateLayers()
        try ropeScaling?.validate(frequencyCount: rotarySize / 2)
        try slidingRope?.scaling?.validate(frequencyCount: rotarySize / 2)
        try experts?.validate(layerCount: layerCount)
    }

    private func validateLayers() throws {
        if let slidingWindow, !(1...1 << 32).contains(slidingWindow) {
            throw invalid("sliding_window", expected: "at least 1", found: "\(slidingWindow)")
        }
        guard slidingWindow != nil || slidingLayers.isEmpty else {
            throw invalid("sliding_window", expected: "a size, as layers slide", found: "none")
        }
    }

    private func invalid(_ key: String, expected: String, found: String) -> CheckpointError {
        ConfigurationFields([:]).malformed(key, expected: expected, found: found)
    }
}
