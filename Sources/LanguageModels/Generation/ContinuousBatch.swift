import Torch

/// Answers being written side by side. Live answer i always occupies cache slot i.
final class ContinuousBatch {
    private let model: LanguageModel
    private let requests: [GenerationRequest]
    private let options: GenerationOptions
    private let sampler: Sampler
    private let random: CounterRandom
    private let cache: KeyValueCache
    private let slots: Int
    private var pending: Range<Int>
    /// Request indices of the answers being written, by slot.
    private var live: [Int] = []
    private var answers: [GeneratedSequence]
    /// Computed prompts that requests still waiting will need again.
    private var prompts: [[Int]: ComputedPrompt] = [:]
    private var waiting: [[Int]: Int]

    private struct ComputedPrompt {
        let entries: KeyValueCache.Entries
        /// Logits after the prompt's last token, [1, V].
        let logits: Tensor
    }

    init(_ model: LanguageModel, requests: [GenerationRequest], options: GenerationOptions, slots: Int) {
        self.model = model
        self.requests = requests
        self.options = options
        self.slots = slots
        sampler = Sampler(parameters: options.sampling)
        random = CounterRandom(seed: options.seed)
        let longest = requests.map(\.prompt.count).max() ?? 0
        cache = model.transformer.makeCache(slots: slots, capacity: longest + options.maximumNewTokens)
        pending = requests.indices
        answers = Array(repeating: GeneratedSequence(), count: requests.count)
        waiting = requests.reduce(into: [:]) { $0[$1.prompt, default: 0] += 1 }
    }

    func run(onToken: (Int, Int) throws -> Bool) throws -> [GeneratedSequence] {
        while !pending.isEmpty || !live.isEmpty {
            if live.count < slots, !pending.isEmpty { try admit(onToken: onToken) }
            if !live.isEmpty { try step(onToken: onToken) }
        }
        return answers
    }

    /// Fills free slots with the next requests and draws their first tokens.
    private func admit(onToken: (Int, Int) throws -> Bool) throws {
        let admitted = Array(pending.prefix(slots - live.count))
        pending = pending.dropFirst(admitted.count)
        compute(admitted.map { requests[$0].prompt })
        let first = live.count
        var logits: [Tensor] = []
        for request in admitted {
            let prompt = requests[request].prompt
            guard let computed = prompts[prompt] else { preconditionFailure("a prompt was not computed") }
            cache.store(computed.entries, slot: live.count)
            logits.append(computed.logits)
            live.append(request)
            waiting[prompt, default: 1] -= 1
        }
        prompts = prompts.filter { waiting[$0.key, default: 0] > 0 }
        try take(sample(.concatenated(logits), for: admitted), from: first, onToken: onToken)
    }

    /// Runs those prompts that are not computed yet through the model, together, each once.
    private func compute(_ wanted: [[Int]]) {
        var fresh: [[Int]] = []
        for prompt in wanted where prompts[prompt] == nil && !fresh.contains(prompt) { fresh.append(prompt) }
        guard !fresh.isEmpty else { return }
        let runs = fresh.enumerated().map {
            CachedRows.Run(slot: live.count + $0.offset, start: 0, length: $0.element.count)
        }
        let batch = PackedBatch(fresh)
        let states = model.transformer.hiddenStates(
            of: batch.tokens, rows: CachedRows(runs: runs), cache: cache)
        let logits = model.logits(of: states.selecting(Tensor(batch.lastRows, on: model.device)))
        for (index, run) in runs.enumerated() {
            prompts[fresh[index]] = ComputedPrompt(
                entries: cache.entries(slot: run.slot, length: run.length), logits: logits[index..<index + 1])
        }
    }

    /// One more token for every live answer.
    private func step(onToken: (Int, Int) throws -> Bool) throws {
        let runs = live.enumerated().map { slot, request in
            CachedRows.Run(slot: slot, start: length(of: request) - 1, length: 1)
        }
        let tokens = live.map { answers[$0].tokens.last ?? 0 }
        let states = model.transformer.hiddenStates(of: tokens, rows: CachedRows(runs: runs), cache: cache)
        try take(sample(model.logits(of: states), for: live), from: 0, onToken: onToken)
    }

    private func sample(_ logits: Tensor, for requests: [Int]) -> Sampler.Draw {
        sampler.draw(
            logits,
            previous: options.sampling.repetitionPenalty == 1 ? [] : requests.map(sequence),
            uniforms: requests.map {
                random.uniform(request: self.requests[$0].id, position: answers[$0].tokens.count)
            })
    }

    /// Appends drawn tokens to the answers in slots `first…` and frees the slots of those that end.
    private func take(_ draw: Sampler.Draw, from first: Int, onToken: (Int, Int) throws -> Bool) throws {
        var ended: [Int] = []
        for (offset, token) in draw.tokens.enumerated() {
            let request = live[first + offset]
            answers[request].tokens.append(token)
            answers[request].logProbabilities.append(draw.logProbabilities[offset])
            let continues = try onToken(request, token)
            guard let reason = finish(of: request, continues: continues) else { continue }
            answers[request].finish = reason
            ended.append(first + offset)
        }
        for slot in ended.reversed() { free(slot) }
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
            cache.copy(from: last, to: slot, length: length(of: live[last]))
            live[slot] = live[last]
        }
        live.removeLast()
    }

    private func sequence(_ request: Int) -> [Int] { requests[request].prompt + answers[request].tokens }
    private func length(of request: Int) -> Int {
        requests[request].prompt.count + answers[request].tokens.count
    }
}
