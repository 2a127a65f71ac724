import Datasets
import Foundation
import LanguageModels
import Runs
import Tokenization

/// What the jobs that learn from given rows share: open the run, order the rows, drive the trainer.
struct RowJob<Row: Sendable> {
    private let context: JobContext
    private let training: TrainingConfiguration
    private let source: ModelSource
    private let feed: any RowFeed<Row>
    /// Those in memory; none of a stream.
    private let rows: [Row]
    private let evaluationRows: [Row]
    private let shownMetrics: [String]
    /// Whether the rows come in the shares that the settings ask for.
    private let isMixed: Bool

    /// Every row in memory that is measured.
    var allRows: [Row] { rows + evaluationRows }

    /// - Parameter shownMetrics: metrics on the progress bar.
    init(
        context: JobContext, training: TrainingConfiguration, source: ModelSource, feed: any RowFeed<Row>,
        rows: [Row] = [], evaluationRows: [Row], shownMetrics: [String], isMixed: Bool = true
    ) {
        self.rows = rows
        self.isMixed = isMixed
        self.context = context
        self.training = training
        self.source = source
        self.feed = feed
        self.evaluationRows = evaluationRows
        self.shownMetrics = shownMetrics
    }

    /// Rows that are all in memory.
    /// - Parameters:
    ///   - mixture: how many of which rows an epoch takes; nil: all of them, and shares are refused.
    ///   - place: where row `index` stands in its file.
    init(
        context: JobContext, training: TrainingConfiguration, source: ModelSource, rows: [Row],
        mixture: Mixture? = nil, evaluationRows: [Row], place: @escaping (Int) -> String,
        report: PreparationReport, shownMetrics: [String]
    ) {
        let order = BatchOrder(
            mixture ?? Mixture(rowCount: rows.count), batchSize: training.batchSize,
            gradientAccumulationSteps: training.gradientAccumulationSteps, seed: training.orderSeed(context))
        self.init(
            context: context, training: training, source: source,
            feed: LoadedRows(rows, order: order, report: report, place: place), rows: rows,
            evaluationRows: evaluationRows, shownMetrics: shownMetrics, isMixed: mixture != nil)
    }

    /// Rows one by one as a preparation gives them, in memory or as a stream.
    /// - Parameter convert: from what preparation gives to what the objective takes.
    init<Source: Preparation>(
        _ preparation: Source, context: JobContext, training: TrainingConfiguration, source: ModelSource,
        shownMetrics: [String], convert: @escaping (Source.Output) -> Row
    ) throws {
        let evaluationRows = try preparation.prepareEvaluation(training)?.rows.map(convert) ?? []
        guard !training.isStreaming else {
            self.init(
                context: context, training: training, source: source,
                feed: try preparation.stream(training, context: context, convert: convert),
                evaluationRows: evaluationRows, shownMetrics: shownMetrics)
            return
        }
        let train = try preparation.prepareTraining(training)
        self.init(
            context: context, training: training, source: source, rows: train.rows.map(convert),
            mixture: train.mixture, evaluationRows: evaluationRows,
            place: { train.places[$0].description }, report: train.report, shownMetrics: shownMetrics)
    }

    /// - Parameters:
    ///   - extraInputs: what the job reads besides model and data.
    ///   - objective: made once the model is there.
    ///   - finishing: adds to the folder of the finished model what is not the model's.
    func run<Model: DecoderModel, Objective: RowObjective<Row>>(
        title: String, extraInputs: [(role: String, url: URL)] = [],
        loading: () throws -> Model, objective: (Model) throws -> Objective,
        finishing: (Objective, URL) throws -> Void = { _, _ in }
    ) throws -> TrainingResult {
        try InvalidSetting.check(
            isMixed || training.trainingFiles.shares == nil, TrainingConfiguration.CodingKeys.train,
            expected: "files without shares, as these rows are arranged before training", found: "shares")
        try training.selection.check(hasEvaluation: !evaluationRows.isEmpty)
        let totalSteps = try training.totalSteps(of: feed)
        if let dropped = feed.report.loss { context.progress.note(dropped) }
        let files =
            training.trainingPaths.map { ("train", URL(fileURLWithPath: $0)) }
            + training.evaluation.map { ("eval", URL(fileURLWithPath: $0)) }
        let folder = try context.openRun(inputs: source.inputs(role: "model") + extraInputs + files)
        let model = try loading()
        model.transformer.recomputesActivations = training.recomputesActivations
        let objective = try objective(model)
        let learner = Learner(
            model.trainableParameters + objective.parameters, training, totalSteps: totalSteps,
            addsGradients: training.gradientAccumulationSteps > 1)
        let trainer = RowTrainer(
            model: model, feed: feed, evaluationRows: evaluationRows, evaluationBatchSize: training.batchSize,
            learner: learner, objective: objective, dropout: AdapterDropout(model, context))
        let run = TrainingRun(
            trainer, folder: folder, configuration: training, progress: context.progress,
            shownMetrics: shownMetrics, place: feed.place(ofRow:))
        try run.run(title: title) {
            try source.copyTokenizer(to: $0)
            try finishing(objective, $0)
        }
        return TrainingResult(
            run: folder.url.path, model: folder.url.appendingPathComponent("final").path,
            steps: trainer.stepsDone, dropped: feed.report.rowsDropped > 0 ? feed.report.description : nil)
    }
}

extension PreparationReport {
    /// What was cut and left out, in words; nil where nothing was.
    fileprivate var loss: String? { rowsDropped > 0 || tokensCut > 0 ? description : nil }
}

extension AdapterDropout {
    /// What the model's adapter is trained with; nil where that is none.
    fileprivate init?(_ model: DecoderModel, _ context: JobContext) {
        guard let probability = model.adapterConfiguration?.dropout, probability > 0 else { return nil }
        self.init(probability: probability, seeds: context.seeds, device: context.device)
    }
}

extension TrainingConfiguration {
    /// What rows are put in order by; nil for their own order.
    func orderSeed(_ context: JobContext) -> UInt64? { shuffle ? context.seeds.derived("order").value : nil }

    /// - Throws: `InvalidSetting` where the rows do not tell how many steps an epoch has and nobody else does.
    fileprivate func totalSteps(of feed: any RowFeed) throws -> Int {
        guard let stepsPerEpoch = feed.stepsPerEpoch ?? maximumSteps else {
            throw InvalidSetting(
                CodingKeys.maximumSteps.stringValue,
                expected: "a number of steps, as nobody knows how many rows a stream has (--max-steps N)",
                found: "nothing")
        }
        return totalSteps(stepsPerEpoch: stepsPerEpoch)
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
        try InvalidSetting.check(
            !training.isStreaming, TrainingConfiguration.CodingKeys.isStreaming,
            expected: "false, as these rows are arranged before training begins", found: "true")
        return (try prepareTraining(training), try prepareEvaluation(training))
    }

    /// Training rows in memory.
    func prepareTraining(_ training: TrainingConfiguration) throws -> PreparedDataset<Output> {
        let files = try training.trainingFiles
        let lines = try files.lines(setting: "train")
        return try files.shares.map { PreparedDataset(try lines.map { try prepare($0) }, shares: $0) }
            ?? prepare(RowStream(lines, bufferSize: 1, seed: nil))
    }

    /// Evaluation rows, which are always in memory.
    func prepareEvaluation(_ training: TrainingConfiguration) throws -> PreparedDataset<Output>? {
        guard !training.evaluation.isEmpty else { return nil }
        return try prepare(JSONLines(training.evaluation, setting: "eval"))
    }

    /// Training rows that are read while training.
    /// - Parameter convert: from what preparation gives to what the objective takes.
    func stream<Example>(
        _ training: TrainingConfiguration, context: JobContext, convert: @escaping (Output) -> Example
    ) throws -> StreamedRows<Self, Example> {
        let files = try training.trainingFiles
        let stream = RowStream<Row>(
            try files.lines(setting: "train"), shares: files.shares, bufferSize: training.shuffleBuffer,
            seed: training.orderSeed(context))
        return StreamedRows(
            stream, preparation: self, batchSize: training.batchSize,
            gradientAccumulationSteps: training.gradientAccumulationSteps, convert: convert)
    }
}
