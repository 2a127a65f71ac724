import Datasets
import Files
import Foundation
import LanguageModels
import Models
import Runs
import Settings
import Tokenization
import Torch
import Training

/// Settings of `heed doctor`.
public struct DoctorConfiguration: ConfigurationSection, Equatable {
    public var model: String?
    /// A file with a chat template to examine in place of the model's own.
    public var template: String?
    /// A run whose log is examined in place of a model.
    public var finishedRun: String?
    public var run = RunConfiguration()

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case model, template, run
        case finishedRun = "finished_run"
    }

    public func validate() throws {
        try run.check(for: .training)
        guard finishedRun != nil else { return }
        try InvalidSetting.check(
            model == nil, CodingKeys.model, expected: "none beside --run", found: model ?? "")
        try InvalidSetting.check(
            template == nil, CodingKeys.template, expected: "none beside --run", found: template ?? "")
    }

    public mutating func resolve() { run.resolve() }

    public static let synonyms: [String: ConfigurationSynonym] = ["model_name_or_path": .name("model")]
}

/// `heed doctor`: measures on a model and its template what must hold of every model.
public enum DoctorJob {
    /// - Throws: what is wrong with the model's files, `FileError` on a full disk, `Interrupted`. An invariant that
    ///   does not hold is a finding of the report.
    public static func run(_ configuration: DoctorConfiguration, context: RunContext) throws -> DoctorReport {
        let source = try source(configuration, context)
        let folder = try TransientFolder("heed-doctor")
        let began = ContinuousClock.now
        let findings = try withExtendedLifetime(folder) {
            let examined = try ExaminedModel(source, context: context, folder: folder.url)
            return try examine(examined.invariants(), progress: context.progress)
        }
        return DoctorReport(
            model: source.argument, precision: context.precision.rawValue,
            device: context.device.description,
            instructions: context.device.isCPU ? Torch.instructions : nil, findings: findings,
            seconds: (ContinuousClock.now - began) / .seconds(1))
    }

    private static func source(_ configuration: DoctorConfiguration, _ context: RunContext) throws
        -> ModelSource
    {
        let source = try ModelSource(configuration.model, on: context.computation)
        guard let file = configuration.template else { return source }
        let text = String(decoding: try FileSystem.read(URL(fileURLWithPath: file)), as: UTF8.self)
        return try ModelSource(
            configuration.model, on: context.computation,
            tokenizer: source.tokenizer.with(ChatTemplate(text)))
    }

    /// One finding for each, in their order.
    static func examine(_ invariants: [any Invariant], progress: ProgressDisplay) throws
        -> [DoctorReport.Finding]
    {
        let bar = progress.begin("examining", total: invariants.count)
        let findings = try invariants.enumerated().map { index, invariant in
            try Interruption.check(.startsOver)
            let finding = try DoctorReport.Finding(invariant)
            bar.update(index + 1)
            return finding
        }
        bar.finish()
        return findings
    }
}

extension DoctorReport.Finding {
    /// Measures an invariant. Texts that tokenizer or template refuse, and numbers that are none, are a finding; what is
    /// wrong with files, memory or devices is thrown.
    init(_ invariant: any Invariant) throws {
        let began = ContinuousClock.now
        let outcome: DoctorReport.Outcome
        if let obstacle = invariant.obstacle {
            outcome = .skipped(obstacle)
        } else {
            do {
                let deviation = try catchingErrors { try invariant.measure() }
                outcome = deviation.isWithinLimit ? .holds(deviation) : .broken(deviation, invariant.advice)
            } catch let error where Self.isFinding(error) {
                outcome = .unmeasurable("\(error)")
            }
        }
        self.init(
            name: invariant.name, outcome: outcome, seconds: (ContinuousClock.now - began) / .seconds(1))
    }

    private static func isFinding(_ error: any Error) -> Bool {
        error is TemplateError || error is TokenizerError || error is DataError || error is ModelNotFinite
            || error is Learner.NotFinite
    }
}
