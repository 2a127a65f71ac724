import Datasets
import Foundation
import LanguageModels
import Models
import Runs
import Settings
import Tokenization
import TorchNN

/// What a run starts from: a model that is there, or one that is yet to learn anything.
public protocol StartingPoint: Sendable {
    /// What run.json hashes.
    func inputs(role: String) -> [(role: String, url: URL)]
    /// Copies what belongs to a model besides its weights, so that it travels with the result.
    func copyTokenizer(to folder: URL) throws
}

extension ModelSource: StartingPoint {}
extension UntrainedModel: StartingPoint {}

/// What methods that learn from given rows share: open the run, order the rows, drive the trainer.
public struct RowTraining<Row: Sendable> {
    private let context: RunContext
    private let training: TrainingConfiguration
    private let source: any StartingPoint
    private let rowSource: any RowSource<Row>
    /// Those in memory; none of a stream.
    private let rows: [Row]
    private let evaluationRows: [Row]
    /// Whether the rows come in the shares that the settings ask for.
    private let isMixed: Bool

    /// Every row in memory that is measured.
    public var allRows: [Row] { rows + evaluationRows }

    /// Rows from wherever they come.
    public init(
        context: RunContext, training: TrainingConfiguration, source: any StartingPoint,
        rowSource: any RowSource<Row>,
        rows: [Row] = [], evaluationRows: [Row], isMixed: Bool = true
    ) {
        self.rows = rows
        self.isMixed = isMixed
        self.context = context
        self.training = training
        self.source = source
        self.rowSource = rowSource
        self.evaluationRows = evaluationRows
    }

    /// Rows that are all in memory.
    /// - Parameters:
    ///   - mixture: how many of which rows an epoch takes; nil: all of them, and shares are refused.
    ///   - place: where row `index` is in its file.
    public init(
        context: RunContext, training: TrainingConfiguration, source: ModelSource, rows: [Row],
        mixture: Mixture? = nil, evaluationRows: [Row], place: @escaping (Int) -> String,
        report: PreparationReport
    ) {
        context.noteRepeatedFiles(of: training)
        let order = BatchOrder(
            mixture ?? Mixture(rowCount: rows.count), batchSize: training.batchSize,
            gradientAccumulationSteps: training.gradientAccumulationSteps, seed: training.orderSeed(context))
        self.init(
            context: context, training: training, source: source,
            rowSource: LoadedRows(rows, order: order, report: report, place: place), rows: rows,
            evaluationRows: evaluationRows, isMixed: mixture != nil)
    }

    /// Rows one by one as a preparation gives them, in memory or as a stream.
    /// - Parameter convert: from what preparation gives to what the objective takes.
    public init<Source: Preparation>(
        _ preparation: Source, context: RunContext, training: TrainingConfiguration, source: ModelSource,
        convert: @escaping (Source.Output) -> Row
    ) throws {
        let evaluationRows = try preparation.prepareEvaluation(training)?.rows.map(convert) ?? []
        guard !training.isStreaming else {
            context.noteRepeatedFiles(of: training)
            self.init(
                context: context, training: training, source: source,
                rowSource: try preparation.stream(training, context: context, convert: convert),
                evaluationRows: evaluationRows)
            return
        }
        let train = try preparation.prepareTraining(training)
        self.init(
            context: context, training: training, source: source, rows: train.rows.map(convert),
            mixture: train.mixture, evaluationRows: evaluationRows,
            place: { train.places[$0].description }, report: train.report)
    }

    /// The same with rows that another source passes on.
    package func passing(_ source: (any RowSource<Row>) -> any RowSource<Row>) -> RowTraining {
        RowTraining(
            context: context, training: training, source: self.source, rowSource: source(rowSource),
            rows: rows, evaluationRows: evaluationRows, isMixed: isMixed)
    }

    /// Trains in the run folder that the context names.
    ///
    /// - Parameters:
    ///   - method: whose name and guide the run has.
    ///   - extraInputs: what is read besides model and data.
    ///   - objective: made once the model is there.
    ///   - muon: how the matrices of the layers learn; nil: by AdamW, as all else.
    ///   - dropout: chance that an element of what a layer adds is dropped.
    ///   - beginning: called before the first step, with what measures the seconds of a pass over some rows.
    ///   - finishing: adds to the folder of the finished model what is not the model's.
    ///   - summary: what people should know, from the metrics of all steps.
    public func run<Method: TrainingMethod, Model: DecoderModel, Objective: RowObjective<Row>>(
        _ method: Method.Type, title: String = Method.title,
        extraInputs: [(role: String, url: URL)] = [],
        loading: () throws -> Model, objective: (Model) throws -> Objective,
        muon: Muon.Configuration? = nil, dropout: Double = 0,
        beginning: (Model, _ secondsOfPass: ([Row]) throws -> Double) throws -> Void = { _, _ in },
        finishing: (Objective, URL) throws -> Void = { _, _ in },
        summary: ([MetricsRecord]) -> [String]? = { _ in nil }
    ) throws -> TrainingResult {
        try InvalidSetting.check(
            isMixed || training.trainingFiles.shares == nil, TrainingConfiguration.CodingKeys.train,
            expected: "files without shares, as these rows are arranged before training", found: "shares")
        try training.selection.check(hasEvaluation: !evaluationRows.isEmpty && training.evaluateEvery != 0)
        let totalSteps = try training.totalSteps(of: rowSource)
        if let dropped = rowSource.report.loss { context.progress.note(dropped) }
        context.note(rowSource.report)
        let files =
            training.trainingPaths.map { ("train", URL(fileURLWithPath: $0)) }
            + training.evaluation.map { ("eval", URL(fileURLWithPath: $0)) }
        return try context.inRun(inputs: source.inputs(role: "model") + extraInputs + files) { folder in
            let model = try loading()
            model.transformer.recomputesActivations = training.recomputesActivations
            let objective = try objective(model)
            let learner = Learner(
                model.trainableParameters + objective.parameters, training, totalSteps: totalSteps,
                addsGradients: training.gradientAccumulationSteps > 1, muon: muon)
            let trainer = RowTrainer(
                model: model, rows: rowSource, evaluationRows: evaluationRows,
                evaluationBatchSize: training.batchSize, learner: learner, objective: objective,
                dropout: TrainingDropout(model, ofLayers: dropout, context))
            try trainer.check(training.selection)
            try beginning(model, trainer.secondsOfPass(over:))
            let run = TrainingRun(
                trainer, folder: folder, configuration: training, progress: context.progress,
                guide: Method.guide, place: rowSource.place(ofRow:))
            let result = try run.run(
                title: title,
                dropped: { rowSource.report.rowsDropped > 0 ? rowSource.report.description : nil },
                summary: summary
            ) {
                try source.copyTokenizer(to: $0)
                try finishing(objective, $0)
            }
            // A stream is known only now.
            context.note(rowSource.report)
            return result
        }
    }
}

extension PreparationReport {
    /// What was cut and left out, in words; nil where nothing was.
    fileprivate var loss: String? { rowsDropped > 0 || tokensCut > 0 ? description : nil }
}

extension RunContext {
    /// Says which files of rows are given twice. What cannot be read is told where it is.
    fileprivate func noteRepeatedFiles(of training: TrainingConfiguration) {
        for note in (try? training.repeatedFiles()) ?? [] { progress.note(note, onceAbout: note) }
    }

    /// Says what users should know of the rows, each thing once.
    package func note(_ report: PreparationReport) {
        for (topic, line) in report.notes { progress.note(line, onceAbout: topic) }
    }
}

extension TrainingDropout {
    /// That of the layers and of the model's adapter; nil where there is none.
    fileprivate init?(_ model: DecoderModel, ofLayers: Double, _ context: RunContext) {
        let ofAdapters = model.adapterConfiguration?.dropout ?? 0
        guard ofAdapters > 0 || ofLayers > 0 else { return nil }
        self.init(ofAdapters: ofAdapters, ofLayers: ofLayers, seeds: context.seeds, device: context.device)
    }
}

extension TrainingConfiguration {
    /// What rows are put in order by; nil for their own order.
    package func orderSeed(_ context: RunContext) -> UInt64? {
        shuffle ? context.seeds.derived("order").value : nil
    }

    /// - Throws: `InvalidSetting` where neither the rows nor the settings say how many steps an epoch has.
    fileprivate func totalSteps(of rowSource: any RowSource) throws -> Int {
        guard let stepsPerEpoch = rowSource.stepsPerEpoch ?? maximumSteps else {
            throw InvalidSetting(
                CodingKeys.maximumSteps.stringValue,
                expected: "a number of steps, as nobody knows how many rows a stream has (--max-steps N)",
                found: "nothing")
        }
        return totalSteps(stepsPerEpoch: stepsPerEpoch)
    }
}

extension Preparation {
    /// Training rows, and evaluation rows where there are some.
    package func prepare(_ training: TrainingConfiguration) throws -> (
        train: PreparedDataset<Output>, evaluation: PreparedDataset<Output>?
    ) {
        try InvalidSetting.check(
            !training.isStreaming, TrainingConfiguration.CodingKeys.isStreaming,
            expected: "false, as these rows are arranged before training begins", found: "true")
        return (try prepareTraining(training), try prepareEvaluation(training))
    }

    /// Training rows in memory.
    package func prepareTraining(_ training: TrainingConfiguration) throws -> PreparedDataset<Output> {
        let files = try training.trainingFiles
        let lines = try files.lines(setting: "train", chatPrompts: training.chatPrompts)
        return try files.shares.map { PreparedDataset(try lines.map { try prepare($0) }, shares: $0) }
            ?? prepare(RowStream(lines, bufferSize: 1, seed: nil))
    }

    /// Evaluation rows, which are always in memory.
    package func prepareEvaluation(_ training: TrainingConfiguration) throws -> PreparedDataset<Output>? {
        guard !training.evaluation.isEmpty else { return nil }
        return try prepare(
            JSONLines(training.evaluation, setting: "eval", chatPrompts: training.chatPrompts))
    }

    /// Training rows that are read while training.
    /// - Parameter convert: from what preparation gives to what the objective takes.
    func stream<Example>(
        _ training: TrainingConfiguration, context: RunContext, convert: @escaping (Output) -> Example
    ) throws -> StreamedRows<Self, Example> {
        let files = try training.trainingFiles
        let stream = RowStream<Row>(
            try files.lines(setting: "train", chatPrompts: training.chatPrompts), shares: files.shares,
            bufferSize: training.shuffleBuffer,
            seed: training.orderSeed(context))
        return StreamedRows(
            stream, preparation: self, batchSize: training.batchSize,
            gradientAccumulationSteps: training.gradientAccumulationSteps, convert: convert)
    }
}
