import Foundation

/// What a run was computed on, besides its device.
public struct Machine: Codable, Hashable, Sendable {
    /// As the processor names itself; its architecture where it does not say.
    public var processor: String
    /// That this process may use.
    public var cores: Int

    public init(processor: String, cores: Int) {
        self.processor = processor
        self.cores = cores
    }

    /// The one that this process runs on.
    public static let current = Machine(
        processor: processorName ?? architecture, cores: ProcessInfo.processInfo.activeProcessorCount)

    /// The most bytes that this process has had in memory; nil where the system does not tell (only Linux does).
    public static var peakMemory: Int? {
        let lines = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8))?.split(
            separator: "\n")
        let line = lines?.first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map {
            $0 * 1024
        }
    }

    /// From now on ``peakMemory`` is counted anew.
    ///
    /// - Returns: whether the system does so; elsewhere than on Linux, and where it is forbidden, the peak is that of all that the
    ///   process has done.
    public static func resetPeakMemory() -> Bool {
        // 5: "reset the peak resident set size to the process's current value" (proc(5)).
        (try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))) != nil
    }

    private static var processorName: String? {
        #if os(macOS)
        var size = 0
        guard sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0) == 0, size > 0 else { return nil }
        var name = [UInt8](repeating: 0, count: size)
        guard sysctlbyname("machdep.cpu.brand_string", &name, &size, nil, 0) == 0 else { return nil }
        return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        #else
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n")
        let line = lines?.first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        #endif
    }

    private static var architecture: String {
        #if arch(x86_64)
        "x86-64"
        #elseif arch(arm64)
        "arm64"
        #else
        "unknown"
        #endif
    }
}
