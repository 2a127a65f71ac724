import Datasets
import Endpoints
import Files
import Foundation
import LanguageModels
import Models
import Settings
import Tokenization
import Training

/// A teacher as a setting names it: `MODEL`, or `FILE=MODEL` for the rows of one file.
struct TeacherArgument: Equatable {
    let file: String?
    let model: String

    init(_ text: String) {
        let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
        (file, model) = sides.count == 2 ? (sides[0], sides[1]) : (nil, text)
    }
}

/// The models that a student learns from, each of the rows of some files.
struct Teachers {
    /// Each model once.
    let sources: [ModelSource]
    /// Of each data set the position of its teacher among `sources`.
    let ofDataSet: [Int]
    /// What users should know of the choice of teachers.
    let notes: [String]
    /// The address of the teacher that is behind one, where there is no other.
    let endpoint: String?
    /// Where a tokenizer is not the student's, in words; nil where all are.
    private let difference: String?

    /// Finds them.
    /// - Throws: `InvalidSetting` for a teacher of no file, or a file without a teacher.
    init(
        _ arguments: [String], of dataSets: DataSets, student: ModelSource, context: RunContext
    ) throws {
        guard !arguments.isEmpty else {
            (sources, ofDataSet, difference, notes, endpoint) = ([], [], nil, [], nil)
            return
        }
        if let address = arguments.first(where: { Endpoint.isMeant(by: TeacherArgument($0).model) }) {
            try InvalidSetting.check(
                arguments.count == 1 && TeacherArgument(address).file == nil,
                Distillation.Configuration.CodingKeys.teacher,
                expected: "one teacher for all rows where it is behind an address",
                found: arguments.joined(separator: ", "))
            (sources, difference, notes, endpoint) = ([], nil, [], address)
            ofDataSet = dataSets.paths.map { _ in 0 }
            return
        }
        endpoint = nil
        let arguments = arguments.map(TeacherArgument.init)
        let models = arguments.map(\.model)
        let distinct = models.indices.filter { models.firstIndex(of: models[$0]) == $0 }.map { models[$0] }
        ofDataSet = try Self.assignment(arguments, to: dataSets).map { distinct.firstIndex(of: $0) ?? 0 }
        sources = try distinct.map { try Self.source($0, student: student, context: context) }
        difference = sources.lazy.compactMap { Self.difference(of: $0, from: student) }.first
        let own = try student.contentHash()
        notes = try sources.filter { try $0.contentHash() == own }.map {
            "teacher and student are the same model (\($0.argument)): there is nothing to learn but what moves the student away"
        }
    }

    /// A teacher that brings no tokenizer is taken at its word: its ids are the student's.
    private static func source(
        _ model: String, student: ModelSource, context: RunContext
    ) throws -> ModelSource {
        let source = try ModelSource(
            model, role: "teacher", on: context.computation, tokenizer: student.tokenizer)
        guard FileSystem.exists(source.folders.tokenizer.appending(path: "tokenizer.json")) else {
            return source
        }
        return try ModelSource(model, role: "teacher", on: context.computation)
    }

    /// The first token that two models do not have in common, in words.
    private static func difference(of teacher: ModelSource, from student: ModelSource) -> String? {
        let (theirs, own) = (teacher.tokenizer, student.tokenizer)
        guard let stranger = theirs.firstDifference(from: own) else { return nil }
        return "\(teacher.argument), whose token \(stranger) is \(theirs.spelled(stranger)) "
            + "where \(student.argument) has \(own.spelled(stranger))"
    }

    /// What is used where nothing else is asked for.
    /// - Throws: `InvalidSetting` where settings need the same tokens.
    func alignment(_ method: Distillation.Configuration) throws -> Distillation.Configuration.Alignment? {
        if endpoint != nil {
            try InvalidSetting.check(
                (method.alignment ?? .alm) == .alm && !method.writesOwn && !method.distillsSequences,
                Distillation.Configuration.CodingKeys.teacher,
                expected:
                    "a model at hand beside alignment: gold, uld, on_policy and seq_kd, as a server tells "
                    + "log-probabilities of given tokens alone", found: endpoint ?? "")
            return .alm
        }
        guard let difference else { return method.alignment }
        let needy = [
            ("teacher_scores", method.teacherScores != nil), ("sampled_kl", method.isSampled),
            ("seq_kd", method.distillsSequences),
        ].first(where: \.1)
        if let needy {
            throw InvalidSetting(
                "teacher", expected: "a model with the student's tokenizer beside \(needy.0)",
                found: difference)
        }
        return method.alignment ?? .alm
    }

    /// That another tokenizer has chosen what is compared; nil where it has not.
    func remark(on method: Distillation.Configuration) -> String? {
        guard let difference, method.alignment == nil else { return nil }
        return "the tokenizers differ (\(difference)), so spans of equal bytes are compared (alignment: alm)"
    }

    /// The model of each data set.
    private static func assignment(
        _ arguments: [TeacherArgument], to dataSets: DataSets
    ) throws -> [String] {
        let general = arguments.filter { $0.file == nil }
        guard general.count <= 1 else {
            throw InvalidSetting(
                "teacher", expected: "one teacher for all rows, and others as FILE=MODEL",
                found: general.map(\.model).joined(separator: ", "))
        }
        var models = [String?](repeating: general.first?.model, count: max(1, dataSets.paths.count))
        for argument in arguments {
            guard let file = argument.file else { continue }
            guard let index = dataSets.index(named: file) else {
                throw InvalidSetting(
                    "teacher",
                    expected: "FILE=MODEL of a file that rows come from: "
                        + dataSets.names.joined(separator: ", "), found: "\(file)=\(argument.model)")
            }
            models[index] = argument.model
        }
        return try models.enumerated().map { index, model in
            guard let model else {
                throw InvalidSetting(
                    "teacher", expected: "one for every file, or one for all",
                    found: "none for \(dataSets.names[index])")
            }
            return model
        }
    }

    var inputs: [(role: String, url: URL)] { sources.flatMap { $0.inputs(role: "teacher") } }

    /// Tokens that the shortest of their contexts has; nil where there is none.
    var context: Int? { get throws { try sources.map { try $0.configuration().maximumPositions }.min() } }

    func load(on computation: Computation) throws -> [LanguageModel] {
        try sources.map { try $0.loadFrozen(on: computation) }
    }
}

extension Tokenizer {
    /// The first id that stands for another token in another tokenizer.
    fileprivate func firstDifference(from other: Tokenizer) -> Int? {
        (0..<max(vocabularySize, other.vocabularySize)).first { token(of: $0) != other.token(of: $0) }
    }

    fileprivate func spelled(_ id: Int) -> String { token(of: id).map { "'\($0)'" } ?? "none" }
}
