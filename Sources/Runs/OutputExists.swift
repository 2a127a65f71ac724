import Errors
import Foundation

/// Results are never overwritten unasked.
public struct OutputExists: CategorizedError, CustomStringConvertible {
    public let file: URL

    public init(file: URL) { self.file = file }

    public var category: ErrorCategory { .cannotCreate }

    public var description: String {
        "\(file.path): this file exists; choose another --output, or --force to replace it"
    }
}
