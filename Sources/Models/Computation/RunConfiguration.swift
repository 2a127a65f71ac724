import Settings
import Torch

/// Settings of every verb that computes: where results go and what computes them.
public struct RunConfiguration: ConfigurationSection, Equatable {
    /// Numbers' width in matrix products; master weights stay float32 either way.
    public enum Precision: String, Codable, Sendable, CaseIterable {
        case float32 = "fp32"
        case bfloat16 = "bf16"
        /// What ``resolved(on:for:)`` says.
        case automatic = "auto"
    }

    /// What a precision is chosen for.
    public enum Purpose: Sendable {
        /// Answers and nothing else: sampling, chat.
        case answers
        /// Everything else: training, the answers that it learns from, scoring.
        case training
    }

    /// Folder of the results, relative to the working directory.
    public var output: String?
    public var seed = 42
    /// `cpu`, `cuda`, `cuda:N`, `mps` or `auto`.
    public var device = "auto"
    public var precision = Precision.automatic
    /// Threads of one operation; nil lets libtorch choose.
    public var threads: Int?
    /// Whether a run that is there already is replaced, as `--force` does: TRL's key.
    public var replacesOutput = false

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case output, seed, device, precision, threads
        case replacesOutput = "overwrite_output_dir"
    }

    public static let ranges: [String: SettingRange] = ["seed": .word, "threads": .within(1...1024)]

    /// The same for everything but answers.
    public mutating func resolve() { resolve(for: .training) }

    /// Names the device that is there, the precision that suits it and the threads that libtorch takes. A device that is not
    /// there stays as it was asked for, so that ``Computation`` can refuse it.
    public mutating func resolve(for purpose: Purpose) {
        guard let device = try? Device(named: device) else { return }
        self.device = device.description
        precision = precision.resolved(on: device, for: purpose) == .bf16 ? .bfloat16 : .float32
        threads = threads ?? Torch.threadCount
    }

    public static let synonyms: [String: ConfigurationSynonym] = [
        "output_dir": .name("output", values: ["null": nil]),
        "bf16": .name("precision", values: ["true": "bf16", "false": "fp32", "null": nil]),
        "fp16": .fixed(["false", "null"], why: "Heed computes in fp32 or bf16"),
        "use_cpu": .name("device", values: ["true": "cpu", "false": nil, "null": nil]),
    ]
}
