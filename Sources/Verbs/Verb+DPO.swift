import Methods
import Settings

extension Verb {
    /// Direct preference optimisation. `loss` may name the loss of another method, which is that method's verb then.
    public static let dpo = Verb(DPO.name, output: .run, guide: DPO.guide) { _, reader in
        guard let loss = reader.setting(of: ["loss", "loss_type"]),
            let name = loss.texts.first(where: { OtherLoss.all[$0] != nil }), let other = OtherLoss.all[name]
        else { return try ofPairs.prepare(reader) }
        guard loss.texts.count == 1 else {
            throw ConfigurationError.unfitValue(
                key: loss.key, loss.origin,
                expected: "'\(name)' by itself: it is a method of its own (heed \(other.verb.name))",
                found: loss.texts.joined(separator: ", "))
        }
        var settings = other.loss.map { [Setting(key: "loss", $0, in: loss)] } ?? []
        let leavesOutLikelihood =
            !other.hasLikelihood && reader.setting(of: ["sft_weight", "rpo_alpha"]) == nil
        if leavesOutLikelihood { settings.append(Setting(key: "sft_weight", "0", in: loss)) }
        var prepared = try other.verb.prepare(reader.replacing([loss.key], by: settings))
        prepared.notes.append(
            "the loss \(name) is a method of its own: this is heed \(other.verb.name)"
                + (other.loss.map { " --loss \($0)" } ?? "") + (leavesOutLikelihood ? " --sft-weight 0" : ""))
        return prepared
    }

    private static let ofPairs = training(DPO.self)

    /// A loss that `dpo` knew before its method had a verb.
    private struct OtherLoss {
        let verb: Verb
        /// As that verb calls it; nil where it has one only.
        var loss: String?
        /// Whether the likelihood of chosen answers is learned where nothing else is said.
        var hasLikelihood = true

        static let all: [String: OtherLoss] = [
            "kto": OtherLoss(verb: .kto, loss: "kto"),
            "apo_zero_unpaired": OtherLoss(verb: .kto, loss: "apo_zero_unpaired"),
            "orpo": OtherLoss(verb: .orpo),
            "cpo": OtherLoss(verb: .cpo, loss: "sigmoid"),
            "simpo": OtherLoss(verb: .cpo, loss: "simpo", hasLikelihood: false),
            "alphapo": OtherLoss(verb: .cpo, loss: "alphapo", hasLikelihood: false),
        ]
    }
}
