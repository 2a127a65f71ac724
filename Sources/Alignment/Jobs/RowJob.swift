import Datasets
import Foundation
import LanguageModels
import Runs
import Tokenization

/// What the jobs that learn from a fixed set of rows share: open the run, order the rows, drive the trainer.
struct RowJob<Row: Sendable> {
    let context: JobContext
    let training: TrainingConfiguration
    let source: ModelSource
    let rows: [Row]
    let evaluationRows: [Row]
    /// Where row `index` stands in its file.
    let place: (Int) -> String
    let report: PreparationReport
    /// Metrics on the progress bar.
    let shownMetrics: [String]
    /// Every row that is measured.
    var allRows: [Row] { rows + evaluationRows }

    /// - Parameters:
    ///   - extraInputs: what the job reads besides model and data.
    ///   - objective: made once the model is there.
    ///   - finishing: adds to the folder of the finished model what is not the model's.
    func run<Model: DecoderModel, Objective: RowObjective<Row>>(
        title: String, extraInputs: [(role: String, url: URL)] = [], dropout: AdapterDropout? = nil,
        loading: () throws -> Model, objective: (Model) throws -> Objective,
        finishing: (Objective, URL) throws -> Void = { _, _ in }
    ) throws -> TrainingResult {
        if report.rowsDropped > 0 || report.tokensCut > 0 { context.progress.note(report.description) }
        let files =
            training.train.map { ("train", URL(fileURLWithPath: $0)) }
            + training.evaluation.map { ("eval", URL(fileURLWithPath: $0)) }
        let folder = try context.openRun(inputs: source.inputs(role: "model") + extraInputs + files)
        let model = try loading()
        let objective = try objective(model)
        let order = BatchOrder(
            rowCount: rows.count, batchSize: training.batchSize,
            gradientAccumulationSteps: training.gradientAccumulationSteps,
            seed: training.shuffle ? context.seeds.derived("order").value : nil)
        let learner = Learner(
            model.trainableParameters + objective.parameters, training,
            totalSteps: training.totalSteps(stepsPerEpoch: order.stepsPerEpoch),
            addsGradients: training.gradientAccumulationSteps > 1)
        let trainer = RowTrainer(
            model: model, rows: rows, evaluationRows: evaluationRows, order: order, learner: learner,
            objective: objective, dropout: dropout)
        let run = TrainingRun(
            trainer, folder: folder, configuration: training, progress: context.progress,
            shownMetrics: shownMetrics, place: place)
        try run.run(title: title) {
            try source.copyTokenizer(to: $0)
            try finishing(objective, $0)
        }
        return TrainingResult(
            run: folder.url.path, model: folder.url.appendingPathComponent("final").path,
            steps: trainer.stepsDone,
            dropped: report.rowsDropped > 0 ? report.description : nil)
    }
}

extension JSONLines {
    /// The files that a setting lists.
    init(_ paths: [String], setting: String) throws {
        guard !paths.isEmpty else {
            throw InvalidSetting(
                setting, expected: "a .jsonl file or a folder of them (--\(setting) FILE)", found: "nothing")
        }
        try self.init(paths.map { URL(fileURLWithPath: $0) })
    }
}

extension Preparation {
    /// Training rows, and evaluation rows where there are some.
    func prepare(_ training: TrainingConfiguration) throws -> (
        train: PreparedDataset<Output>, evaluation: PreparedDataset<Output>?
    ) {
        let train = try prepare(JSONLines(training.train, setting: "train"))
        guard !training.evaluation.isEmpty else { return (train, nil) }
        return (train, try prepare(JSONLines(training.evaluation, setting: "eval")))
    }
}
