import Foundation
import LanguageModels
import Rewards
import Torch

/// What the likelihoods of judgments learn beside the scores: tie parameters, thresholds, offsets. Only those of the kinds of
/// judgments that occur are there.
public final class LikelihoodParameters {
    /// Where thumbs turn, [A].
    private let thumbOffsets: Parameter?
    /// log ν_2 … log ν_D, [A, D − 1].
    private let logTies: Parameter?
    private let ratings: [(scale: RatingScale, lowest: Parameter, logGaps: Parameter)]
    /// [G, A]
    private let groupLeniencies: Parameter?

    /// - Parameters:
    ///   - start: the values to begin with; they say which parameters there are.
    ///   - hiddenSize: of the model. An optimizer of the Adam kind moves every weight by about the learning rate, and with it
    ///     a score by up to the learning rate times the size of the hidden state. A parameter that is a score itself would
    ///     fall behind, so it is kept divided by a step of about √H.
    public init(_ start: LearnedLikelihood, hiddenSize: Int, device: Device) {
        let step = Self.step(hiddenSize: hiddenSize)
        let parameter = { (values: [[Double]], name: String) in
            Parameter(values, name: name, step: step, device: device)
        }
        thumbOffsets = start.thumbOffsets.map { parameter([$0], "thumb_offsets") }
        logTies = start.logTies.map { parameter($0, "log_ties") }
        ratings = start.ratings.enumerated().map { index, rating in
            (
                rating.scale, parameter(rating.lowestThresholds.map { [$0] }, "ratings.\(index).lowest"),
                parameter(rating.logGaps, "ratings.\(index).log_gaps")
            )
        }
        groupLeniencies = start.groupLeniencies.map { parameter($0, "group_leniencies") }
    }

    /// A power of two, so that dividing by it and multiplying again loses nothing on the way to a file and back.
    private static func step(hiddenSize: Int) -> Double { exp2((log2(Double(hiddenSize)) / 2).rounded()) }

    /// What an optimizer is given.
    public var parameters: [NamedTensor] {
        all.filter { $0.stored.count > 0 }.map { NamedTensor(name: $0.name, tensor: $0.stored) }
    }

    private var all: [Parameter] {
        [thumbOffsets, logTies].compactMap(\.self) + ratings.flatMap { [$0.lowest, $0.logGaps] }
            + [groupLeniencies].compactMap(\.self)
    }

    // MARK: Values with their graphs

    /// log ν_2 … log ν_D of one aspect, [D − 1]; nil where no ties occur.
    func logTies(ofAspect aspect: Int) -> Tensor? {
        logTies.map { $0.value[aspect..<aspect + 1].squeezed(0) }
    }

    /// log ν_2 for each of some aspects, [N]; nil where no ties occur.
    func logPairTies(ofAspects aspects: [Int]) -> Tensor? {
        logTies.map { $0.rows(aspects).narrowed(1, 0..<1).squeezed(1) }
    }

    /// Where thumbs turn for each of some aspects, [N].
    func thumbOffsets(ofAspects aspects: [Int]) -> Tensor? {
        thumbOffsets.map { $0.value.squeezed(0).selecting(Tensor(aspects, on: $0.stored.device)) }
    }

    /// The thresholds of a scale for each of some aspects, [N, L − 1].
    func thresholds(ofScale scale: Int, aspects: [Int]) -> Tensor {
        let rating = ratings[scale]
        return RatingLikelihood.thresholds(
            lowest: rating.lowest.rows(aspects), logGaps: rating.logGaps.rows(aspects))
    }

    /// What is added to the scores of absolute judgments, [N]; nil where no group judges absolutely.
    func leniencies(ofHeads heads: [(group: Int, aspect: Int)?]) -> Tensor? {
        groupLeniencies.map { leniencies in
            let table = leniencies.value
            let rows = heads.map { head in head.map { $0.group * table.size(1) + $0.aspect } ?? 0 }
            let counts = Tensor(heads.map { $0 == nil ? Float(0) : 1 }, on: table.device)
            return table.reshaped([-1]).selecting(Tensor(rows, on: table.device)) * counts
        }
    }

    /// As of the groups' heads: (shrinkage/2)·Σ b².
    func penalty(shrinkage: Double) -> Tensor? {
        groupLeniencies.map { $0.value.squared().sum() * (shrinkage / 2) }
    }

    // MARK: Values to be stored

    /// As they are now.
    public var learned: LearnedLikelihood {
        var learned = LearnedLikelihood()
        learned.thumbOffsets = thumbOffsets?.values[0]
        learned.logTies = logTies?.values
        learned.ratings = ratings.map {
            .init(
                scale: $0.scale, lowestThresholds: $0.lowest.values.map { $0[0] }, logGaps: $0.logGaps.values)
        }
        learned.groupLeniencies = groupLeniencies?.values
        return learned
    }

    /// Takes over stored values; traps where they are of other kinds of judgments.
    func restore(_ learned: LearnedLikelihood) {
        precondition(learned.ratings.map(\.scale) == ratings.map(\.scale), "other scales: \(learned.ratings)")
        if let values = learned.thumbOffsets { thumbOffsets?.assign([values]) }
        if let values = learned.logTies { logTies?.assign(values) }
        if let values = learned.groupLeniencies { groupLeniencies?.assign(values) }
        for (own, other) in zip(ratings, learned.ratings) {
            own.lowest.assign(other.lowestThresholds.map { [$0] })
            own.logGaps.assign(other.logGaps)
        }
    }
}

/// A table of numbers that learns.
private struct Parameter {
    let name: String
    /// Divided by `step`, row after row: a vector, which no optimizer decays.
    let stored: Tensor
    private let shape: [Int]
    private let step: Double

    /// - Parameter values: in rows.
    init(_ values: [[Double]], name: String, step: Double, device: Device) {
        self.name = name
        self.step = step
        shape = [values.count, values.first?.count ?? 0]
        stored = Tensor(values.flatMap { $0.map { Float($0 / step) } }, on: device)
        stored.requiresGradient = true
    }

    /// With its graph.
    var value: Tensor { stored.reshaped(shape) * step }

    func rows(_ rows: [Int]) -> Tensor { value.selecting(Tensor(rows, on: stored.device)) }

    var values: [[Double]] {
        let flat = stored.doubles().map { $0 * step }
        return (0..<shape[0]).map { Array(flat[$0 * shape[1]..<($0 + 1) * shape[1]]) }
    }

    func assign(_ values: [[Double]]) {
        let tensor = Tensor(values.flatMap { $0.map { Float($0 / step) } })
        withoutGradients { stored.assign(tensor) }
    }
}
