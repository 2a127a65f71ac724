import Torch

/// Answers being written side by side. Live answer i always occupies slot i of the engine.
public final class ContinuousBatch {
    private let engine: any DecodingEngine
    private let requests: [GenerationRequest]
    private let options: GenerationOptions
    private let sampler: Sampler
    private let random: CounterRandom
    private let slots: Int
    /// Where the model came from, for messages.
    private let model: String
    private var pending: Range<Int>
    /// Request indices of the answers being written, by slot.
    private var live: [Int] = []
    /// In the order of the requests, as far as they have come.
    public private(set) var answers: [GeneratedSequence]

    init(
        _ engine: any DecodingEngine, requests: [GenerationRequest], options: GenerationOptions, slots: Int,
        model: String
    ) {
        self.engine = engine
        self.model = model
        self.requests = requests
        self.options = options
        self.slots = slots
        sampler = Sampler(parameters: options.sampling)
        random = CounterRandom(seed: options.seed)
        pending = requests.indices
        answers = Array(repeating: GeneratedSequence(), count: requests.count)
    }

    public var isFinished: Bool { pending.isEmpty && live.isEmpty }

    /// Gives free slots to the next requests, then writes one more token of every live answer.
    /// - Parameter onToken: called with request index and token as they come; false ends that answer.
    /// - Returns: the indices of the requests whose answers have ended.
    /// - Throws: `ModelNotFinite` with the index of the request, besides what `onToken` throws.
    public func advance(onToken: (_ request: Int, _ token: Int) throws -> Bool) throws -> [Int] {
        try withoutGradients {
            var ended: [Int] = []
            if live.count < slots, !pending.isEmpty { ended += try admit(onToken: onToken) }
            if !live.isEmpty { ended += try step(onToken: onToken) }
            return ended
        }
    }

    /// Fills free slots with the next requests and draws their first tokens.
    private func admit(onToken: (Int, Int) throws -> Bool) throws -> [Int] {
        let first = live.count
        let admitted = Array(pending.prefix(slots - first))
        pending = pending.dropFirst(admitted.count)
        live += admitted
        let prompts = distinctPrompts(from: first)
        let runs = prompts.map { prompt in
            CachedRows.Run(slot: prompt.slot, start: prompt.known, length: prompt.tokens.count - prompt.known)
        }
        let logits = engine.logits(
            of: prompts.flatMap { $0.tokens.dropFirst($0.known) }, rows: CachedRows(runs: runs))
        let indices = Dictionary(uniqueKeysWithValues: prompts.indices.map { (prompts[$0].tokens, $0) })
        let rows = (first..<live.count).map { slot -> Int in
            guard let index = indices[requests[live[slot]].prompt] else {
                preconditionFailure("a prompt was not computed")
            }
            let prompt = prompts[index]
            if slot != prompt.slot { engine.copy(from: prompt.slot, to: slot, length: prompt.tokens.count) }
            return index
        }
        let taken = logits.selecting(Tensor(rows, on: logits.device))
        return try take(sample(taken, for: admitted), from: first, onToken: onToken)
    }

    /// A prompt that is needed, the slot where it is computed, and how many of its tokens the slot has already.
    private struct NeededPrompt {
        let tokens: [Int]
        let slot: Int
        let known: Int
    }

    /// The prompts in slots `first…`, each once. What an older answer's slot knows of the same prompt is copied from there; the
    /// last token runs again for its logits.
    private func distinctPrompts(from first: Int) -> [NeededPrompt] {
        var found: [NeededPrompt] = []
        var seen: Set<[Int]> = []
        for slot in first..<live.count {
            let prompt = requests[live[slot]].prompt
            guard seen.insert(prompt).inserted else { continue }
            var known = 0
            if let older = live[..<first].firstIndex(where: { requests[$0].prompt == prompt }) {
                known = prompt.count - 1
                engine.copy(from: older, to: slot, length: known)
            }
            found.append(NeededPrompt(tokens: prompt, slot: slot, known: known))
        }
        return found
    }

    /// One more token for every live answer.
    private func step(onToken: (Int, Int) throws -> Bool) throws -> [Int] {
        let runs = live.enumerated().map { slot, request in
            CachedRows.Run(slot: slot, start: length(of: request) - 1, length: 1)
        }
        let tokens = live.map { answers[$0].tokens.last ?? 0 }
        let logits = engine.logits(of: tokens, rows: CachedRows(runs: runs))
        return try take(sample(logits, for: live), from: 0, onToken: onToken)
    }

    private func sample(_ logits: Tensor, for requests: [Int]) -> Sampler.Draw {
        sampler.draw(
            logits,
            previous: options.sampling.repetitionPenalty == 1 ? [] : requests.map(sequence),
            uniforms: requests.map {
                random.uniform(request: self.requests[$0].id, position: answers[$0].tokens.count)
            })
    }

    /// Appends drawn tokens to the answers in slots `first…` and frees the slots of those that end; → their requests.
    private func take(_ draw: Sampler.Draw, from first: Int, onToken: (Int, Int) throws -> Bool) throws
        -> [Int]
    {
        var ended: [Int] = []
        for (offset, token) in draw.tokens.enumerated() {
            let request = live[first + offset]
            let logProbability = draw.logProbabilities[offset]
            guard logProbability.isFinite else {
                throw ModelNotFinite(
                    model: model, quantity: "a log-probability", value: Double(logProbability), index: request
                )
            }
            answers[request].tokens.append(token)
            answers[request].logProbabilities.append(logProbability)
            let continues = try onToken(request, token)
            guard let reason = finish(of: request, continues: continues) else { continue }
            answers[request].finish = reason
            ended.append(first + offset)
        }
        let requests = ended.map { live[$0] }
        for slot in ended.reversed() { free(slot) }
        return requests
    }

    private func finish(of request: Int, continues: Bool) -> FinishReason? {
        let tokens = answers[request].tokens
        if let last = tokens.last, options.stopTokens.contains(last) { return .stop }
        if !continues { return .ended }
        return tokens.count >= options.maximumNewTokens ? .length : nil
    }

    /// The last live answer moves into the freed slot, so that live answers stay contiguous.
    private func free(_ slot: Int) {
        let last = live.count - 1
        if slot != last {
            engine.copy(from: last, to: slot, length: length(of: live[last]))
            live[slot] = live[last]
        }
        live.removeLast()
    }

    private func sequence(_ request: Int) -> [Int] { requests[request].prompt + answers[request].tokens }
    private func length(of request: Int) -> Int {
        requests[request].prompt.count + answers[request].tokens.count
    }
}
