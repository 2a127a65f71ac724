import Checkpoints
import Foundation
import TestSupport
import Testing
import Torch

@testable import LanguageModels

@Suite struct UntrainedTests {
    /// Norms change nothing, biases are 0, and matrices have the deviation that the configuration names, in every family.
    @Test(arguments: ["gemma3", "phi3", "qwen3_moe", "olmo2", "llama_biases_untied"])
    func everyFamilyBeginsByItsRules(_ family: String) throws {
        let folder = try ScratchFolder()
        let configuration = try ModelConfiguration(
            contentsOf: Fixtures.golden("families/\(family)/config.json"))
        let url = URL(fileURLWithPath: folder.path("model"))
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try LanguageModel.writeUntrained(configuration, to: url) {
            $0.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }
        }
        let model = try LanguageModel.load(
            from: url, options: LoadingOptions(precision: .fp32, device: .cpu, trainability: .full))
        let offset = family == "gemma3" ? 1.0 : 0
        var seen = Set<String>()
        for parameter in model.trainableParameters {
            let values = parameter.tensor.doubles()
            if parameter.tensor.shape.count == 1 {
                let expected = parameter.name.hasSuffix(".bias") ? 0 : 1 - offset
                #expect(values.allSatisfy { $0 == expected }, "\(parameter.name)")
                seen.insert("vector")
            } else {
                let deviation = (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
                #expect(
                    abs(deviation / configuration.initializerRange - 1) < 6
                        / Double(values.count).squareRoot(),
                    "\(parameter.name): \(deviation)")
                seen.insert("matrix")
            }
        }
        #expect(seen == ["vector", "matrix"])
    }
}
