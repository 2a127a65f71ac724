import Datasets
import Evaluation
import Feedback
import Files
import Foundation
import Models
import Settings
import Training

extension TrainingSettings: VerbSettings {
    public var inputs: [VerbInput] {
        let own = Method.inputs(of: method, rewards: .standard)
        return ([SettingInput].models(training.model, adapters.initialAdapter) + own).map(VerbInput.setting)
            + .rows(
                training.trainingPaths + training.evaluation, orJudgmentsAs: Method.judgments(method))
    }
}

extension TrainingSettings {
    public var missing: [InvalidSetting] {
        Method.missingModel(self) + Method.missingData(self)
            + (run.output == nil ? [.noOutput(RunContext.outputFolder)] : [])
    }
}

extension Verb {
    /// The verb of a method that trains. Stores of judgments among its files are read as the rows that it learns from.
    public static func training<Method: TrainingMethod>(_ method: Method.Type) -> Verb {
        Verb(Method.name, output: .run, guide: Method.guide, defaults: TrainingSettings(Method.self)) {
            var (settings, context) = ($0, $1.context)
            context.onExplained = { try ExplainedPage.write(of: $0) }
            if let schema = Method.judgments(settings.method) {
                var stores = try JudgmentStores(schema, context: context)
                settings.training = try stores.resolve(settings.training)
                context = stores.context(context)
            }
            let result = try Method.train(settings, context: context)
            let system = context.settings["system_prompt"]?.string ?? settings.sharedSystemTurn
            return VerbResult(result, of: method, system: system)
        }
    }
}

extension TrainingSettings {
    /// The first message of all conversations of the first data that have one.
    fileprivate var sharedSystemTurn: String? {
        let inputs =
            training.trainingPaths.map(SettingInput.data) + Method.inputs(of: method, rewards: .standard)
        return inputs.lazy.compactMap { input -> String? in
            guard case .data(let path) = input else { return nil }
            return try? JSONLines(URL(fileURLWithPath: path)).sharedSystemTurn()
        }.first
    }
}

extension VerbResult {
    fileprivate init<Method: TrainingMethod>(
        _ result: TrainingResult, of method: Method.Type, system: String?
    ) {
        var lines = ["\(result.steps) step\(result.steps == 1 ? "" : "s"); the model is in \(result.model)"]
        if let dropped = result.dropped { lines.append(dropped) }
        lines += result.notes ?? []
        let page = ExplainedPage.file(of: URL(fileURLWithPath: result.run))
        if FileSystem.exists(page) { lines.append("answers token by token: \(page.path)") }
        lines.append("next: \(Method.nextStep(result.model, system: system))")
        self.init(json: result, lines: lines)
    }
}
