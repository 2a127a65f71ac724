import Foundation

extension CocoaError: CategorizedError {
    public var category: ErrorCategory {
        switch code {
        case .fileNoSuchFile, .fileReadNoSuchFile: .missingInput
        case .fileWriteFileExists, .fileWriteNoPermission: .cannotCreate
        default: .inputOutput
        }
    }
}
