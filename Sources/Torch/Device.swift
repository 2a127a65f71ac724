import CTorch
import Errors

/// Where tensors live and operations run.
public struct Device: Hashable, Sendable, CustomStringConvertible {
    let kind: Int32
    let index: Int32

    public static let cpu = Device(kind: Int32(CTORCH_CPU), index: 0)

    /// A CUDA device by number; `init(named:)` loads CUDA and checks that the device is there.
    public static func cuda(_ index: Int = 0) -> Device {
        Device(kind: Int32(CTORCH_CUDA), index: Int32(index))
    }

    /// The GPU of a Mac; `init(named:)` checks that it is there. Whether results are right there nobody has seen yet:
    /// `auto` does not choose it.
    public static let mps = Device(kind: Int32(CTORCH_MPS), index: 0)

    public var isCPU: Bool { self == .cpu }

    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .mps: "mps"
        default: "cuda:\(index)"
        }
    }

    /// Reads `cpu`, `cuda`, `cuda:N`, `mps` or `auto` (a CUDA device where there is one) and makes the device ready.
    /// - Throws: `DeviceError`.
    public init(named name: String) throws {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        switch (parts.first.map(String.init), parts.count) {
        case ("cpu", 1): self = .cpu
        case ("auto", 1): self = (try? Device(named: "cuda")) ?? .cpu
        case ("mps", 1):
            guard ctorch_has_mps() else {
                throw DeviceError.missing(name, why: "it needs macOS on a Mac with Apple silicon")
            }
            self = .mps
        case ("cuda", 1): self = try Device.loadedCUDA(0)
        case ("cuda", 2):
            guard let index = Int(parts[1]), index >= 0 else { fallthrough }
            self = try Device.loadedCUDA(index)
        default:
            throw DeviceError.unknown(name)
        }
    }

    private static func loadedCUDA(_ index: Int) throws -> Device {
        do {
            try checkThrowing(ctorch_load_cuda())
        } catch let error as TorchError {
            throw DeviceError.missing("cuda", why: error.description)
        }
        let count = Int(ctorch_cuda_device_count())
        guard index < count else {
            throw DeviceError.missing("cuda:\(index)", why: "this machine has \(count) of them, from cuda:0")
        }
        return .cuda(index)
    }

    private init(kind: Int32, index: Int32) {
        self.kind = kind
        self.index = index
    }

    init(_ raw: ctorch_device) { self.init(kind: raw.kind, index: raw.index) }
    var raw: ctorch_device { ctorch_device(kind: kind, index: index) }
}

/// A device that cannot be used.
public enum DeviceError: CategorizedError, Equatable, CustomStringConvertible {
    case unknown(String)
    case missing(String, why: String)

    public var category: ErrorCategory { .usage }

    public var description: String {
        switch self {
        case .unknown(let name):
            "device '\(name)': expected cpu, cuda, cuda:N, mps or auto; give one of them as --device"
        case .missing(let name, let why): "device '\(name)' is not there: \(why); use --device cpu or auto"
        }
    }
}

/// The library as a whole.
public enum Torch {
    public static var builtVersion: String { String(cString: ctorch_built_version()) }
    public static var runningVersion: String { String(cString: ctorch_running_version()) }

    /// Which instructions the kernels use, as the environment variable `HEED_CPU` spells them: the most that the processor
    /// has, or what the variable says.
    public static var instructions: String { String(cString: ctorch_instructions()) }

    /// Whether this processor multiplies bf16 natively; without it bf16 is correct but slow.
    public static var hasNativeBFloat16: Bool { ctorch_has_native_bfloat16() }

    public static var threadCount: Int { Int(ctorch_thread_count()) }

    /// Called once at start-up: checks that the library found is the one built against, sets the number of threads (nil:
    /// libtorch's choice) and keeps large buffers in the process between steps.
    public static func start(threads: Int? = nil) throws {
        let (built, running) = (builtVersion, runningVersion)
        guard built == running else {
            throw TorchError(
                description: "built against libtorch \(built) but found \(running): run make setup build")
        }
        ctorch_tune_allocator()
        if let threads, threads != threadCount { try checkThrowing(ctorch_set_thread_count(Int32(threads))) }
    }
}
