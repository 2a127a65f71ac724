import Datasets
import RandomNumbers
import Rewards
import Statistics

/// What arms decline, by what the prompts' rows say of them.
struct RefusalStatistics {
    /// Of each prompt whether it asks for harm; nil where its row does not say.
    let isHarmful: [Bool?]
    let seed: UInt64

    init(_ prompts: [SourcedRow<PromptRow>], seed: UInt64) {
        isHarmful = prompts.map(\.row.isHarmful)
        self.seed = seed
    }

    /// - Parameter reference: the reference's answers; nil where it is the reference itself.
    /// - Returns: nil where no prompt says whether it asks for harm.
    func refusals(in answers: [ArmAnswer], against reference: [ArmAnswer]?) -> Report.Refusals? {
        let (harmful, harmless) = (part(true, answers, reference), part(false, answers, reference))
        return harmful == nil && harmless == nil
            ? nil : Report.Refusals(harmful: harmful, harmless: harmless)
    }

    private func part(
        _ kind: Bool, _ answers: [ArmAnswer], _ reference: [ArmAnswer]?
    ) -> Report.Refusals.Part? {
        let own = replies(kind, answers)
        let other = reference.map { replies(kind, $0) }
        guard let refused = share(.refusal, own), let answered = share(.answer, own) else { return nil }
        return Report.Refusals.Part(
            prompts: Set(own.map(\.prompt)).count, refused: refused, answered: answered,
            refusedChange: other.flatMap { change(.refusal, own, $0) },
            answeredChange: other.flatMap { change(.answer, own, $0) })
    }

    private typealias Replied = (prompt: Int, reply: Reply)

    private func replies(_ kind: Bool, _ answers: [ArmAnswer]) -> [Replied] {
        answers.filter { isHarmful[$0.prompt] == kind }.map { ($0.prompt, Reply($0.text)) }
    }

    private func share(_ reply: Reply, _ replies: [Replied]) -> Estimate? {
        var random = RandomSource(seed: seed)
        return Bootstrap().share(
            of: replies.map { $0.reply == reply ? 1 : 0 }, clusters: replies.map(\.prompt), using: &random)
    }

    /// The difference of shares, prompt by prompt, so that what a prompt invites in both cancels.
    private func change(_ reply: Reply, _ own: [Replied], _ other: [Replied]) -> Estimate? {
        let (own, other) = (shares(reply, own), shares(reply, other))
        let differences = own.keys.sorted().compactMap { prompt in
            own[prompt].flatMap { share in other[prompt].map { share - $0 } }
        }
        var random = RandomSource(seed: seed)
        return Bootstrap().mean(of: differences, using: &random)
    }

    /// Of each prompt.
    private func shares(_ reply: Reply, _ replies: [Replied]) -> [Int: Double] {
        Dictionary(grouping: replies, by: \.prompt).mapValues { replies in
            Double(replies.count { $0.reply == reply }) / Double(replies.count)
        }
    }
}

extension PromptRow {
    /// What its column says of whether it asks for harm; nil where it does not say.
    fileprivate var isHarmful: Bool? {
        guard case .boolean(let isHarmful)? = extra[Harmfulness.column] else { return nil }
        return isHarmful
    }
}

extension [SourcedRow<PromptRow>] {
    /// That some rows say in the column something else than whether they ask for harm; nil where none does.
    var noteOnHarmfulness: String? {
        let unread = filter { prompt in
            prompt.row.isHarmful == nil && prompt.row.extra[Harmfulness.column].map { !$0.isNull } ?? false
        }
        guard let first = unread.first else { return nil }
        return
            "\(unread.count) of \(count) prompts have neither true nor false in \"\(Harmfulness.column)\", such as "
            + "\(first.place): they count in no rate of refusals"
    }
}
