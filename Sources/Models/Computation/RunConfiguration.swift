import Settings
import Torch

/// Settings of every verb that computes: where results go and what computes them.
public struct RunConfiguration: ConfigurationSection, Equatable {
    /// Numbers' width in matrix products; master weights stay float32 either way.
    public enum Precision: String, Codable, Sendable, CaseIterable {
        case float32 = "fp32"
        case bfloat16 = "bf16"
        /// Weights in 8 bits, see `Precision`.
        case int8
        /// What ``resolved(on:for:)`` says.
        case automatic = "auto"
    }

    /// What a precision is chosen for.
    public enum Purpose: Sendable, CaseIterable {
        /// Answers that a user asks for, and may train on: sampling.
        case answers
        /// Answers that people read and choose from: chat, the labelling app.
        case conversation
        /// Scores of given answers, by which choices are made.
        case judging
        /// Everything else: training, the answers that it learns from, scoring.
        case training

        /// Whether weights may be rounded for it.
        var isAnswering: Bool { self == .answers || self == .conversation }
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
        precision = Self.Precision(precision.resolved(on: device, for: purpose))
        threads = threads ?? Torch.threadCount
    }

    /// - Throws: `InvalidSetting` for weights in 8 bits in what they are not for.
    public func check(for purpose: Purpose) throws {
        guard precision == .int8, purpose != .conversation, purpose != .judging else { return }
        throw InvalidSetting(
            "precision",
            expected:
                "fp32, bf16 or auto: int8 is for chat, label, annotate and, as precision=int8, for reward models that "
                + "judge, since what weights in 8 bits say is no sample of the model that is trained, and they do not learn",
            found: "int8")
    }

    public static let synonyms: [String: ConfigurationSynonym] = [
        "output_dir": .name("output", values: ["null": nil]),
        "bf16": .name("precision", values: ["true": "bf16", "false": "fp32", "null": nil]),
        "fp16": .fixed(["false", "null"], why: "Heed computes in fp32 or bf16"),
        "use_cpu": .name("device", values: ["true": "cpu", "false": nil, "null": nil]),
    ]
}
