import Foundation
import TestSupport
import Testing

@testable import Models

@Suite struct ModelLocationTests {
    private func message(_ argument: String) -> String? {
        do { _ = try ModelLocation(argument) } catch { return "\(error)" }
        return nil
    }

    @Test func foldersFilesAndNamesAreToldApart() throws {
        let model = Fixtures.golden("tiny-llama").path
        let adapter = Fixtures.golden("sft/lora_init").path
        guard case .checkpoint(let folder) = try ModelLocation(model) else {
            Issue.record("not a checkpoint")
            return
        }
        #expect(folder.path == model)
        guard case .adapter(let adapterFolder, _) = try ModelLocation(adapter) else {
            Issue.record("not an adapter")
            return
        }
        #expect(adapterFolder.path == adapter)
        #expect(
            try ModelLocation("smollm2-135m-instruct")
                == .catalogue(Catalogue.entry(named: "smollm2-135m-instruct")))
    }

    @Test func mistakesSayWhatToDo() throws {
        #expect(message("smollm2-135m-instuct")?.hasSuffix("did you mean 'smollm2-135m-instruct'?") == true)
        #expect(message("vader-lexicon")?.contains("no such file or folder") == true)
        #expect(message(Fixtures.golden("sft").path)?.hasSuffix("found neither") == true)
        #expect(message(Fixtures.golden("sft/text.jsonl").path)?.contains("or a .gguf file") == true)
    }

    @Test func aRunFolderIsPointedToItsModel() throws {
        let run = FileManager.default.temporaryDirectory.appending(path: "run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: run, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: run) }
        try Data("{}".utf8).write(to: run.appending(path: "run.json"))
        #expect(message(run.path)?.hasSuffix("this is a run: its model is \(run.path)/final") == true)
    }

    @Test func summaryComesFromTheFiles() throws {
        let store = CatalogueStore(home: URL(fileURLWithPath: "/nowhere"))
        let folders = try store.folders(ofModel: Fixtures.golden("tiny-llama").path) { _ in }
        let summary = try ModelSummary(folders)
        #expect(summary.family == "llama" && summary.layers == 3 && summary.hiddenSize == 64)
        #expect(summary.heads == 4 && summary.keyValueHeads == 2 && summary.headSize == 16)
        // Tied embeddings count once: 512·64 + 3·(2·64·64 + 2·64·32 + 3·64·176 + 2·64) + 64.
        #expect(summary.parameters == 171_456)
        #expect(summary.stopTokens == ["<|im_end|>"])
        #expect(summary.hasChatTemplate && summary.adapter == nil && summary.labels == nil)
    }
}
