import LanguageModels

/// A model that is loaded when it is first needed, which a resumed evaluation may never do. It is freed with the
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
