import Foundation

/// How libtorch's threads wait for each other.
///
/// libgomp's threads spin at every barrier. With one other busy process on the machine the spinning itself starves the
/// threads that are waited for, and decoding becomes a hundred times slower; threads that sleep lose little when the machine
/// is quiet. libgomp reads the setting when it is loaded, before `main`, so the process starts itself once more with it.
enum ThreadWaiting {
    private static let setting = "GOMP_SPINCOUNT"

    /// Replaces the process by itself with the setting, unless the user made one.
    static func prepare() {
        guard getenv(setting) == nil, getenv("OMP_WAIT_POLICY") == nil else { return }
        setenv(setting, "0", 1)
        var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        // Only returns where it failed; threads then spin, which is slower and not wrong.
        execv("/proc/self/exe", arguments)
    }
}
