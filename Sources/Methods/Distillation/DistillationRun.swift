import Datasets
import Foundation
import LanguageModels
import Models
import Settings
import Training

/// A run of distillation: finds student, teachers and rows, and trains.
struct DistillationRun {
    private let training: TrainingConfiguration
    private let adapters: AdapterTraining
    private let method: Distillation.Configuration
    private let context: RunContext
    private let student: ModelSource
    private let teachers: Teachers
    private let stored: StoredTeacher?
    private let endpoint: EndpointTeacher?
    private let dataSets: DataSets
    private let alignment: Distillation.Configuration.Alignment?

    init(_ settings: TrainingSettings<Distillation>, context: RunContext) throws {
        (training, adapters, method) = (settings.training, settings.adapters, settings.method)
        self.context = context
        dataSets = DataSets(training)
        try Self.checkRows(training, method)
        student = try ModelSource(trainable: training.model, adapters: adapters, on: context.computation)
        teachers = try Teachers(method.teacher, of: dataSets, student: student, context: context)
        alignment = try teachers.alignment(method)
        endpoint = try teachers.endpoint.map {
            try EndpointTeacher($0, keepingIn: settings.method.teacherScores)
        }
        let (source, learner) = (teachers.sources.first, student)
        stored = try (endpoint == nil ? method.teacherScores : nil).map {
            try StoredTeacher(settings.method, in: $0, source: source, student: learner, context: context)
        }
    }

    private static func checkRows(
        _ training: TrainingConfiguration, _ method: Distillation.Configuration
    ) throws {
        try InvalidSetting.check(
            method.teacherScores == nil || !training.isStreaming,
            TrainingConfiguration.CodingKeys.isStreaming,
            expected: "false beside teacher_scores, as all rows are scored before training", found: "true")
        guard let replay = method.replay else { return }
        try InvalidSetting.check(
            training.trainingPaths.isEmpty, TrainingConfiguration.CodingKeys.train,
            expected: "none beside replay, whose rows bring their prompts",
            found: training.trainingPaths.joined(separator: ", "))
        try InvalidSetting.check(
            method.teacher.allSatisfy { TeacherArgument($0).file == nil },
            Distillation.Configuration.CodingKeys.teacher, expected: "one teacher for the rows of \(replay)",
            found: method.teacher.joined(separator: ", "))
    }

    func run() throws -> TrainingResult {
        (teachers.notes + [teachers.remark(on: method)].compactMap(\.self) + method.idle(with: alignment))
            .forEach(context.progress.note)
        var written: WrittenAnswers?
        if let endpoint {
            context.progress.note(
                "\(endpoint.name) is asked about every row once (\(endpoint.knownCount) are known); spans of equal bytes are "
                    + "compared (alignment: alm)")
        }
        let aligner = try aligner()
        let rows = try rows(aligner).passing { rows in
            guard method.writes else { return rows }
            let answers = writing(rows, aligner)
            written = answers
            return answers
        }
        func load() throws -> LanguageModel {
            try stored?.record(rows.allRows, batchSize: training.batchSize)
            return try student.loadTrainable(adapters, on: context.computation)
        }
        guard let alignment else {
            return try rows.run(Distillation.self, extraInputs: inputs, loading: load) { model in
                Distillation.Objective(
                    model: model, teaching: try teaching(model, rows.allRows, written),
                    names: method.replay == nil ? dataSets.names : [], configuration: method)
            }
        }
        return try rows.run(Distillation.self, extraInputs: inputs, loading: load) { model in
            try aligned(model, alignment, written)
        }
    }

    private func aligned(
        _ model: LanguageModel, _ alignment: Distillation.Configuration.Alignment, _ written: WrittenAnswers?
    ) throws -> Distillation.AlignedObjective {
        let models = try teachers.load(on: context.computation)
        written?.authors = (model, models)
        return Distillation.AlignedObjective(
            model: model, teachers: models, teacherOfDataSet: teachers.ofDataSet, alignment: alignment,
            vocabularies: alignment == .gold
                ? zip(teachers.sources, models).map { source, teacher in
                    GOLD.Vocabularies((student, model), (source, teacher))
                } : [],
            configuration: method)
    }

    /// Lays answers out for teachers too; nil where they read the student's tokens.
    private func aligner() throws -> Aligner? {
        guard alignment != nil, endpoint == nil else { return nil }
        return Aligner(
            student: try side(student), teachers: try teachers.sources.map(side),
            teacherOfDataSet: teachers.ofDataSet)
    }

    private func side(_ source: ModelSource) throws -> Aligner.Side {
        Aligner.Side(
            tokenizer: source.tokenizer, stopTokens: source.stopTokens,
            maximumLength: try source.configuration().maximumPositions)
    }

    /// Those who are asked, once the student is there.
    private func teaching(
        _ model: LanguageModel, _ rows: [DistillationRow], _ written: WrittenAnswers?
    ) throws -> Distillation.Objective.Teaching {
        if let stored {
            try stored.compare(on: Array(rows.prefix(training.batchSize)), for: model, method)
            return .stored(stored.store)
        }
        let models = try teachers.load(on: context.computation)
        written?.authors = (model, models)
        return .models(models, ofDataSet: teachers.ofDataSet)
    }

    /// What run.json hashes: of scores the head, as they grow with the rows that are asked about.
    private var inputs: [(role: String, url: URL)] {
        let replay = method.replay.map { [(role: "replay", url: URL(fileURLWithPath: $0))] } ?? []
        let scores = stored.map {
            [(role: "teacher scores", url: $0.store.folder.appending(path: ScoreStore.headerName))]
        }
        return teachers.inputs + replay + (scores ?? [])
    }

    private func rows(_ aligner: Aligner?) throws -> RowTraining<DistillationRow> {
        let positions = min(
            try student.configuration().maximumPositions, try teachers.context ?? Int.max)
        try InvalidSetting.check(
            !method.writes || method.maximumNewTokens < positions,
            Distillation.Configuration.CodingKeys.maximumNewTokens,
            expected: "fewer than the \(positions) tokens of the context", found: method.maximumNewTokens)
        let preparation = DistillationPreparation(
            tokenizer: student.tokenizer,
            maximumLength: min(try student.maximumLength(training.maximumLength), positions),
            dataSets: dataSets,
            writing: .init(
                some: method.writes, all: method.onPolicy == 1 || method.distillsSequences,
                maximumNewTokens: method.maximumNewTokens, context: positions),
            aligner: try endpoint.map { EndpointAligner(student: try side(student), teacher: $0) } ?? aligner)
        guard let replay = method.replay else {
            return try RowTraining(
                preparation, context: context, training: training, source: student, convert: { $0 })
        }
        let recorded = try RecordedRollouts(
            JSONLines([replay], setting: "replay", chatPrompts: training.chatPrompts), for: student,
            temperature: method.temperature,
            batchSize: training.batchSize * training.gradientAccumulationSteps, needsScores: false)
        recorded.notes.forEach(context.progress.note)
        return RowTraining(
            context: context, training: training, source: student,
            rowSource: ReplayedAnswers(recorded, batchSize: training.batchSize, aligner: aligner),
            evaluationRows: try preparation.prepareEvaluation(training)?.rows ?? [])
    }

    private func writing(_ rows: any RowSource<DistillationRow>, _ aligner: Aligner?) -> WrittenAnswers {
        WrittenAnswers(
            rows, share: method.onPolicy, isTeachersOtherwise: method.distillsSequences,
            teacherOfDataSet: teachers.ofDataSet,
            options: GenerationOptions(
                sampling: SamplingParameters(temperature: method.temperature),
                maximumNewTokens: method.maximumNewTokens, stopTokens: student.stopTokens, seed: 0),
            tokenizer: student.tokenizer, aligner: aligner, seeds: context.seeds)
    }
}
