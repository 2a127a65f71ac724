import Foundation
import LanguageModels
import Runs
import Settings
import Torch

/// What computes: the device, how numbers are kept on it, where randomness comes from, and who is watching.
public struct Computation: Sendable {
    public let device: Device
    public private(set) var precision: Precision
    public let seeds: SeedSequence
    public let progress: ProgressDisplay

    /// - Throws: `DeviceError` where there is no such device, `InvalidSetting` for weights in 8 bits on another than the CPU.
    public init(
        _ settings: RunConfiguration = RunConfiguration(),
        progress: ProgressDisplay = ProgressDisplay(style: .quiet)
    ) throws {
        device = try Device(named: settings.device)
        precision = settings.precision.resolved(on: device, for: .training)
        seeds = SeedSequence(settings.seed)
        self.progress = progress
        try checkWeights()
    }

    /// The same with weights in 8 bits.
    /// - Throws: `InvalidSetting` on another device than the CPU.
    package func withWeightsInBytes() throws -> Computation {
        var result = self
        result.precision = .int8
        try result.checkWeights()
        return result
    }

    private func checkWeights() throws {
        guard precision == .int8, !device.isCPU else { return }
        throw InvalidSetting(
            "precision", expected: "fp32, bf16 or auto on \(device)", found: "int8, which is for the CPU")
    }

    /// What the user should know about how slow this is, and the cure; nil where nothing is slow.
    package func slowness(for purpose: RunConfiguration.Purpose) -> String? {
        guard !purpose.isAnswering, precision == .bf16, device.isCPU, !Torch.hasNativeBFloat16 else {
            return nil
        }
        return
            "bf16 takes \(Self.factor) as long as fp32 on this processor, \(Self.reason): "
            + "leave precision out, or set --precision fp32 (in TRL's files bf16: false)"
    }

    #if arch(x86_64)
    private static let factor = "about ten times"
    private static let reason = "which cannot multiply it (no AVX512-BF16)"
    #else
    private static let factor = "several times"
    private static let reason = "for which Heed has no bf16 kernels"
    #endif

    /// A generator of random tensors for one named purpose.
    package func generator(_ purpose: String) -> Generator { Generator(seed: seeds.derived(purpose).value) }

    /// Shows a model or data set being fetched.
    package var downloadProgress: CatalogueStore.ProgressHandler { FetchingProgress(progress).update }
}

extension RunConfiguration.Precision {
    /// bf16 where the device multiplies it natively.
    ///
    /// Elsewhere answers come from weights that are rounded to bf16, which halves what is read of them, while training
    /// computes in fp32, and so do the answers that it learns from: what is sampled stays what is trained.
    func resolved(
        on device: Device, for purpose: RunConfiguration.Purpose
    ) -> LanguageModels.Precision {
        switch self {
        case .float32: .fp32
        case .bfloat16: .bf16
        case .int8: .int8
        case .automatic: !device.isCPU || Torch.hasNativeBFloat16 || purpose.isAnswering ? .bf16 : .fp32
        }
    }

    package init(_ precision: LanguageModels.Precision) {
        switch precision {
        case .fp32: self = .float32
        case .bf16: self = .bfloat16
        case .int8: self = .int8
        }
    }
}
