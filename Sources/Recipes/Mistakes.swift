import Errors

/// What is wrong with a recipe, gathered so that all of it can be told at once.
struct Mistakes: CategorizedError, CustomStringConvertible {
    private var errors: [any CategorizedError] = []
    private var told: Set<String> = []

    var isEmpty: Bool { errors.isEmpty }

    var category: ErrorCategory {
        errors.contains { $0.category != .usage } ? .badData : .usage
    }

    var description: String { errors.map { "\($0)" }.joined(separator: "\n") }

    /// The same mistake, found on the way to several stages, is told once.
    mutating func add(_ error: any CategorizedError) {
        if told.insert("\(error)").inserted { errors.append(error) }
    }

    /// What `body` makes; nil where it found something wrong.
    mutating func gather<Result>(_ body: () throws -> Result) throws -> Result? {
        do {
            return try body()
        } catch let error as any CategorizedError {
            add(error)
            return nil
        }
    }

    /// - Throws: the one, or all of them as one; nothing where there is none.
    func check() throws {
        if errors.count == 1 { throw errors[0] }
        if !errors.isEmpty { throw self }
    }
}
