// Heed as a library: load a model, ask it something, and score an answer of our own.
//
//     swift run library-example MODEL_FOLDER "What is the capital of France?" "Paris."

import Foundation
import LanguageModels
import Tokenization
import Torch

guard CommandLine.arguments.count == 4 else {
    print("usage: library-example MODEL_FOLDER QUESTION ANSWER")
    exit(64)
}
try Torch.start()
let folder = URL(fileURLWithPath: CommandLine.arguments[1])
let tokenizer = try Tokenizer(contentsOf: folder)
let model = try LanguageModel.load(from: folder)
let question = Message(role: "user", content: CommandLine.arguments[2])
let prompt = try tokenizer.encode([question], addGenerationPrompt: true)

// Sample: the same seed gives the same answer.
let options = GenerationOptions(
    sampling: SamplingParameters(temperature: 0.7), maximumNewTokens: 64,
    stopTokens: Set(tokenizer.stopTokens.map(\.id)), seed: 1)
let answers = try model.generate([GenerationRequest(prompt: prompt, id: 0)], options: options)
print("sampled:", tokenizer.decode(answers[0].tokens, skippingSpecialTokens: true))

// Score: the log-probability of every token of a given answer.
let answer = tokenizer.encodeOrdinary(CommandLine.arguments[3])
let batch = PackedBatch([prompt + answer])
let counts = prompt.map { _ in false } + answer.map { _ in true }
let scores = withoutGradients { model.tokenLikelihoods(of: batch, counts: counts) }
print("log-probability of the answer given:", scores.logProbabilities.sum().item())
