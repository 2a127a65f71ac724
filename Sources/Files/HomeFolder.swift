import Foundation

/// Where what is fetched or computed once is kept for all runs of a user.
public enum HomeFolder {
    /// `$HEED_HOME`, or `~/.cache/heed`.
    public static func url(environment: [String: String] = ProcessInfo.processInfo.environment) -> URL {
        environment["HEED_HOME"].flatMap { $0.isEmpty ? nil : URL(fileURLWithPath: $0) }
            ?? FileManager.default.homeDirectoryForCurrentUser.appending(path: ".cache/heed")
    }
}
