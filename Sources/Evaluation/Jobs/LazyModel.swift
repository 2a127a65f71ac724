import LanguageModels

/// A model that is loaded when it is first needed, which an evaluation that goes on may never do. It is let go of with the
/// last reference, so that one model at a time is in memory.
final class LazyModel {
    private let load: () throws -> LanguageModel
    private var loaded: LanguageModel?

    init(_ load: @escaping () throws -> LanguageModel) { self.load = load }

    func callAsFunction() throws -> LanguageModel {
        if let loaded { return loaded }
        let model = try load()
        loaded = model
        return model
    }
}
