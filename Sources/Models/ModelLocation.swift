import Checkpoints
import Errors
import Foundation
import LanguageModels
import Settings
import Tokenization

/// What a model argument names.
public enum ModelLocation: Equatable, Sendable {
    /// A folder in Hugging Face layout.
    case checkpoint(URL)
    /// A folder with a PEFT adapter; `base` is the model argument that its configuration names.
    case adapter(URL, base: String?)
    case gguf(URL)
    case catalogue(CatalogueEntry)

    /// Looks at the path first, then into the catalogue.
    ///
    /// - Throws: ``ModelLocationError``, or an error of `Checkpoints` where an adapter's configuration cannot be read.
    public init(_ argument: String) throws {
        let url = URL(fileURLWithPath: argument)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            guard let entry = Catalogue.entries.first(where: { $0.name == argument && $0.isModel }) else {
                throw ModelLocationError.notFound(argument, nearest: Self.nearestModel(to: argument))
            }
            self = .catalogue(entry)
            return
        }
        func holds(_ name: String) -> Bool {
            FileManager.default.fileExists(atPath: url.appending(path: name).path)
        }
        if !isFolder.boolValue {
            guard url.pathExtension == "gguf" else { throw ModelLocationError.notAModel(argument, hint: nil) }
            self = .gguf(url)
        } else if holds("adapter_config.json") {
            let configuration = try AdapterConfiguration(
                contentsOf: url.appending(path: "adapter_config.json"))
            self = .adapter(url, base: configuration.baseModel)
        } else if holds("config.json") {
            self = .checkpoint(url)
        } else {
            throw ModelLocationError.notAModel(argument, hint: holds("run.json") ? "\(argument)/final" : nil)
        }
    }

    /// The model of the catalogue that was probably meant, by its name, the beginning of it, or its name on a hub
    /// (`OWNER/SmolLM2-135M-Instruct`).
    private static func nearestModel(to argument: String) -> String? {
        let name = (argument.split(separator: "/").last.map(String.init) ?? argument).lowercased()
        let models = Catalogue.entries.filter(\.isModel).map(\.name)
        return models.first { !name.isEmpty && $0.hasPrefix(name) } ?? nearestName(to: name, among: models)
    }
}

/// Why a model argument names no model.
public enum ModelLocationError: CategorizedError, Equatable, CustomStringConvertible {
    case notFound(String, nearest: String?)
    case notAModel(String, hint: String?)
    case adapterWithoutBase(String)
    /// The base that the adapter names is not where it was.
    case adapterBaseNotFound(String, base: String)
    /// The base that the adapter names is an adapter too.
    case adapterOnAdapter(String, base: String)

    public var category: ErrorCategory {
        switch self {
        case .notFound, .adapterBaseNotFound: .missingInput
        case .notAModel, .adapterWithoutBase, .adapterOnAdapter: .badData
        }
    }

    public var description: String {
        switch self {
        case .notFound(let argument, let nearest):
            "model '\(argument)': no such file or folder, and no such name in the catalogue; "
                + (nearest.map { "did you mean '\($0)'?" } ?? "heed models list shows the names")
                + (Self.isHubName(argument)
                    ? " Nothing is fetched from a hub: download a model that is not in the catalogue first, and name its folder"
                    : "")
        case .notAModel(let argument, let hint):
            "model '\(argument)': expected a folder with config.json or adapter_config.json, or a .gguf file; "
                + (hint.map { "this is a run: its model is \($0)" } ?? "found neither")
        case .adapterWithoutBase(let argument):
            "model '\(argument)': the adapter's configuration names no base model; "
                + "set base_model_name_or_path in its adapter_config.json"
        case .adapterBaseNotFound(let argument, let base):
            "model '\(argument)': an adapter of the model '\(base)', which is not there; "
                + "set base_model_name_or_path in its adapter_config.json to where it is now"
        case .adapterOnAdapter(let argument, let base):
            "model '\(argument)': the adapter's base '\(base)' is an adapter itself; merge that one "
                + "(heed models merge \(base) DIR), and set base_model_name_or_path in adapter_config.json to DIR"
        }
    }
}

extension ModelLocationError {
    /// Whether an argument looks like a model's name on a hub: `OWNER/NAME`.
    private static func isHubName(_ argument: String) -> Bool {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") }
            && !argument.hasSuffix(".gguf")
    }
}

/// The folders that make up a model, ready to be loaded.
public struct ModelFolders: Equatable, Sendable {
    /// Hugging Face layout.
    public let base: URL
    /// PEFT layout, on top of `base`.
    public let adapter: URL?

    /// Where the tokenizer is: an adapter may bring its own.
    public var tokenizer: URL {
        guard let adapter,
            FileManager.default.fileExists(atPath: adapter.appending(path: "tokenizer.json").path)
        else { return base }
        return adapter
    }

    /// Tokens that end a response: the tokenizer's own, and those of the base's generation settings, which an adapter
    /// need not repeat.
    /// - Throws: `TokenizerError` for settings that cannot be read.
    public func stopTokens(with tokenizer: Tokenizer) throws -> [Int] {
        let own = tokenizer.stopTokens.map(\.id)
        return own + (try GenerationTokens(contentsOf: base).endOfSequence).filter { !own.contains($0) }
    }
}

extension CatalogueStore {
    /// The tokenizer of the model that an argument names; a folder with nothing but a tokenizer will do.
    public func tokenizer(ofModel argument: String, progress: @escaping ProgressHandler) throws -> Tokenizer {
        let folder = URL(fileURLWithPath: argument)
        if FileManager.default.fileExists(atPath: folder.appending(path: "tokenizer.json").path) {
            return try Tokenizer(contentsOf: folder)
        }
        if case .gguf(let file) = try ModelLocation(argument) {
            return try Tokenizer(gguf: GGUFVocabulary(GGUFFile(file)))
        }
        return try Tokenizer(contentsOf: folders(ofModel: argument, progress: progress).tokenizer)
    }

    /// The folders of the model that an argument names; fetches or converts it where that has not been done.
    public func folders(ofModel argument: String, progress: @escaping ProgressHandler) throws -> ModelFolders
    {
        switch try ModelLocation(argument) {
        case .checkpoint(let folder): return ModelFolders(base: folder, adapter: nil)
        case .gguf(let file): return ModelFolders(base: try imported(file, progress: progress), adapter: nil)
        case .catalogue(let entry):
            return ModelFolders(base: try pull(entry, progress: progress), adapter: nil)
        case .adapter(let adapter, let base):
            guard let base else { throw ModelLocationError.adapterWithoutBase(argument) }
            let folders: ModelFolders
            do {
                folders = try self.folders(ofModel: base, progress: progress)
            } catch ModelLocationError.notFound {
                throw ModelLocationError.adapterBaseNotFound(argument, base: base)
            }
            guard folders.adapter == nil else {
                throw ModelLocationError.adapterOnAdapter(argument, base: base)
            }
            return ModelFolders(base: folders.base, adapter: adapter)
        }
    }
}

extension ModelFolders {
    fileprivate var isRewardAdapter: Bool? {
        adapter.map { folder in
            let file = folder.appendingPathComponent(ModelFile.adapterConfiguration)
            return (try? AdapterConfiguration(contentsOf: file))?.task == .sequenceClassification
        }
    }

    /// Whether the last of them holds a model with scores in place of a vocabulary.
    package var holdRewardModel: Bool {
        let file = base.appendingPathComponent(ModelFile.configuration)
        return isRewardAdapter ?? ((try? ModelConfiguration(contentsOf: file))?.labelCount != nil)
    }
}
