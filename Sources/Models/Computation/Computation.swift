import Foundation
import LanguageModels
import Runs
import Torch

/// What computes: the device, how numbers are kept on it, where randomness comes from, and who is watching.
public struct Computation: Sendable {
    public let device: Device
    public let precision: Precision
    public let seeds: SeedSequence
    public let progress: ProgressDisplay

    /// - Throws: `DeviceError` where there is no such device.
    public init(
        _ settings: RunConfiguration = RunConfiguration(),
        progress: ProgressDisplay = ProgressDisplay(style: .quiet)
    ) throws {
        device = try Device(named: settings.device)
        precision = settings.precision.resolved(on: device, for: .training)
        seeds = SeedSequence(settings.seed)
        self.progress = progress
    }

    /// What the user should know about how slow this is, and the cure; nil where nothing is slow.
    package func slowness(for purpose: RunConfiguration.Purpose) -> String? {
        guard purpose == .training, precision == .bf16, device.isCPU, !Torch.hasNativeBFloat16 else {
            return nil
        }
        return
            "bf16 takes about ten times as long as fp32 on this processor, which cannot multiply it (no AVX512-BF16): "
            + "leave precision out, or set --precision fp32 (in TRL's files bf16: false)"
    }

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
    func resolved(on device: Device, for purpose: RunConfiguration.Purpose) -> Precision {
        switch self {
        case .float32: .fp32
        case .bfloat16: .bf16
        case .automatic: !device.isCPU || Torch.hasNativeBFloat16 || purpose == .answers ? .bf16 : .fp32
        }
    }
}
