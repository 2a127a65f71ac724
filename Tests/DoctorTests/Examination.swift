import Foundation
import LanguageModels
import Models
import Runs
import TestSupport
import Tokenization
import Training

@testable import Doctor

/// A tiny model under examination, in a scratch folder.
struct Examination {
    let scratch: ScratchFolder
    let examined: ExaminedModel
    let tolerance: Tolerance

    init(
        _ model: String = Fixtures.golden("tiny-llama").path, precision: RunConfiguration.Precision = .float32
    )
        throws
    {
        scratch = try ScratchFolder()
        let context = try Self.context(precision)
        tolerance = Tolerance(context.precision)
        examined = try ExaminedModel(
            ModelSource(model, on: context.computation), context: context, folder: scratch.url)
    }

    static func context(_ precision: RunConfiguration.Precision = .float32) throws -> RunContext {
        var run = RunConfiguration()
        run.device = "cpu"
        run.precision = precision
        return try RunContext(
            verb: "doctor", run: run, mode: .new, settings: .object([:]),
            progress: ProgressDisplay(style: .quiet))
    }

    static func report(
        _ model: String, template: String? = nil, precision: RunConfiguration.Precision = .float32
    ) throws -> DoctorReport {
        var configuration = DoctorConfiguration()
        configuration.model = model
        configuration.template = template
        return try DoctorJob.run(configuration, context: context(precision))
    }
}

extension ScratchFolder {
    /// A new folder in this one.
    func folder(_ name: String) throws -> URL {
        let folder = url.appending(path: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// A copy of the tiny model, with changes to the text of some of its files; nil leaves a file out.
    func model(_ name: String = "model", changing change: (_ file: String, _ text: String) -> String?) throws
        -> String
    {
        let folder = url.appending(path: name)
        try FileManager.default.copyItem(at: Fixtures.golden("tiny-llama"), to: folder)
        for file in ["chat_template.jinja", "tokenizer_config.json"] {
            let item = folder.appending(path: file)
            let text = try String(contentsOf: item, encoding: .utf8)
            try FileManager.default.removeItem(at: item)
            if let changed = change(file, text) { try Data(changed.utf8).write(to: item) }
        }
        return folder.path
    }
}
