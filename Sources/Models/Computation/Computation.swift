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
        precision = settings.precision.resolved(on: device)
        seeds = SeedSequence(settings.seed)
        self.progress = progress
    }

    /// What the user should know about how slow this is, and the cure; nil where nothing is slow.
    package var slowness: String? {
        guard precision == .bf16, device.isCPU, !Torch.hasNativeBFloat16 else { return nil }
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
    /// bf16 only where the device multiplies it natively.
    func resolved(on device: Device) -> Precision {
        switch self {
        case .float32: .fp32
        case .bfloat16: .bf16
        case .automatic: !device.isCPU || Torch.hasNativeBFloat16 ? .bf16 : .fp32
        }
    }
}
