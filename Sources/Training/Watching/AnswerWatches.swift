/// Answers repeat themselves and one another more than they did.
public struct RepeatedAnswers: Watch {
    public let name = "repetition"
    public let metrics = ["completions/distinct_2"]

    /// Of what it was at first: healthy runs keep more than four fifths.
    private static let limit = 0.7

    public func alarm(in history: RunHistory) -> Alarm? {
        guard let distinct = history.series(metrics, atLeast: 2 * Series.window) else { return nil }
        let (start, end) = (distinct.start(), distinct.end())
        guard end < Self.limit * start else { return nil }
        return alarm(
            in: history, distinct.name, from: start, to: end,
            seen:
                "\(percent(end)) of the pairs of tokens in a batch of answers differ, after \(percent(start)) at first",
            meaning: "the policy found words that the reward likes everywhere, and uses them everywhere",
            advice:
                "read samples.jsonl; heed lint-reward shows what the reward pays for; raise --kl-coefficient or --beta"
        )
    }
}

/// Answers became much longer or shorter.
public struct LengthDrift: Watch {
    public let name = "length"
    public let metrics = ["completions/mean_length"]

    /// Times as long, or as short.
    private static let limit = 2.0

    public func watched(in history: RunHistory) -> Series? {
        history.isReinforcement ? history.series(metrics, atLeast: 1) : nil
    }

    public func alarm(in history: RunHistory) -> Alarm? {
        guard history.isReinforcement, let length = history.series(metrics, atLeast: 2 * Series.window) else {
            return nil
        }
        let (start, end) = (length.start(), length.end())
        guard start > 0, end > Self.limit * start || end * Self.limit < start else { return nil }
        return alarm(
            in: history, length.name, from: start, to: end,
            seen: "answers went from \(shown(start)) to \(shown(end)) tokens",
            meaning:
                "length is what rewards confound with quality most often; where reasoning is learned, it may be meant",
            advice:
                "compare the score of long and short answers in samples.jsonl; a reward 'length' or 'concise' beside "
                + "the others, or a reward model whose report is better than length alone, tells which it is")
    }
}

/// Answers are cut off before they end.
public struct Truncation: Watch {
    public let name = "truncation"
    public let metrics = ["completions/clipped_ratio"]

    private static let limit = 0.3

    public func alarm(in history: RunHistory) -> Alarm? {
        guard let clipped = history.series(metrics), clipped.end() > Self.limit else { return nil }
        return alarm(
            in: history, clipped.name, from: clipped.start(), to: clipped.end(),
            seen: "\(percent(clipped.end())) of the answers are cut off",
            meaning:
                "what is cut off is scored as it stands: a right answer that came too late counts as a wrong one, and "
                + "stopping is not learned",
            advice:
                "raise --max-new-tokens; where answers never end, heed doctor --model says whether the end is learned; "
                + "--mask-truncated leaves them out")
    }
}
