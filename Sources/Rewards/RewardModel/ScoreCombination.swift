import Foundation
import Settings
import Statistics

/// How the scores of a reward model, of all its aspects, groups and members, become one number.
///
/// In this order: each member's scores are normalised, where that is asked for; aspects are combined by weights or by a gate;
/// groups are reduced to one; and of the members' numbers k standard deviations are taken off the mean, which holds a policy
/// to where the members agree (Coste et al., "Reward Model Ensembles Help Mitigate Overoptimization", 2024, §3).
public struct ScoreCombination: Hashable, Sendable {
    /// Whose score counts.
    public enum Group: Hashable, Sendable {
        /// The shared model's.
        case shared
        case named(String)
        /// The mean over groups, each counting the same however many judgments it gave.
        case mean
        /// That of the group to whom the answer is worth least.
        case worst
    }

    public var group = Group.shared
    /// Of aspects by name; nil: all count the same.
    public var weights: [String: Double]?
    /// The aspect that takes precedence over the others where it is in danger (Touvron et al., "Llama 2", 2023, §3.2.3):
    /// where its probability σ(score), or that of a thumb up where the model knows thumbs, is below `gateThreshold`, the
    /// answer's score is this aspect's, and elsewhere the others'. Llama 2 does so for all answers to prompts that ask for harm
    /// too, as ``GatedReward`` does between two rewards.
    public var gate: String?
    public var gateThreshold = 0.15
    /// Which number the members of an ensemble make together (Coste et al. 2024, §3).
    public enum Members: Hashable, Sendable {
        /// Their mean, less k standard deviations between them.
        case mean
        /// That of the member to whom the answer is worth least.
        case worst
    }

    public var members = Members.mean
    /// k, in standard deviations between the members of an ensemble.
    public var caution = 0.0
    public var isNormalized = false

    public init() {}

    /// One answer's score.
    /// - Parameters:
    ///   - members: each member's scores, [1 + G][A].
    ///   - descriptions: of the members.
    public func score(_ members: [[[Double]]], _ descriptions: [RewardDescription]) -> Double {
        let scores = zip(members, descriptions).map { scores, description in
            let comparable =
                isNormalized ? description.normalizer?.normalized(scores) ?? scores : scores
            let views = zip(comparable, scores).map { combined($0, raw: $1, description) }
            return reduced(views, groups: description.groups?.names ?? [])
        }
        if self.members == .worst, let least = scores.min() { return least }
        let moments = Moments(scores)
        return moments.mean - caution * moments.deviation
    }

    /// - Parameter raw: the logits themselves, of which the gate's threshold speaks.
    private func combined(_ scores: [Double], raw: [Double], _ description: RewardDescription) -> Double {
        let aspects = description.aspects
        if let gate, let position = aspects.firstIndex(of: gate) {
            let logOdds = raw[position] - (description.likelihood.thumbOffsets?[position] ?? 0)
            if 1 / (1 + exp(-logOdds)) < gateThreshold { return scores[position] }
        }
        let counted = aspects.indices.map { index in
            weights?[aspects[index]] ?? (weights == nil && aspects[index] != gate ? 1 : 0)
        }
        let total = zip(scores, counted).reduce(0) { $0 + $1.0 * $1.1 }
        return weights == nil ? total / max(1, counted.reduce(0, +)) : total
    }

    /// - Parameter scores: of the shared model and of each group.
    private func reduced(_ scores: [Double], groups: [String]) -> Double {
        let ofGroups = scores.dropFirst()
        switch group {
        case .shared: return scores[0]
        case .mean: return Moments(ofGroups).mean
        case .worst: return ofGroups.min() ?? scores[0]
        case .named(let name): return groups.firstIndex(of: name).map { scores[$0 + 1] } ?? scores[0]
        }
    }
}

extension ScoreCombination {
    /// The options by which it is asked for, and what they say.
    static let options = [
        "group": "whose score counts: a group's name, mean or worst",
        "weights": "of aspects, as in helpful*1+safe*0.5",
        "gate": "the aspect that takes precedence where it is in danger",
        "threshold": "below which probability the gate closes",
        "members": "worst: of an ensemble, the score of the member to whom the answer is worth least",
        "k": "standard deviations of an ensemble's members that are taken off their mean",
        "normalize": "true: in deviations from the mean of the reference responses",
    ]

    /// - Throws: `NamedArgumentError` for what no model can do; ``check(_:model:)``
    ///   says what a certain one cannot.
    init(_ argument: NamedArgument) throws {
        switch argument.string("group") {
        case nil: group = .shared
        case "mean": group = .mean
        case "worst": group = .worst
        case let name?: group = .named(name)
        }
        weights = try argument.string("weights").map { try Self.weights($0, argument) }
        gate = argument.string("gate")
        gateThreshold = try argument.number("threshold", default: gateThreshold, from: 0, below: 1)
        caution = try argument.number("k", default: 0, from: 0)
        switch argument.string("members") {
        case nil, "mean": members = .mean
        case "worst" where caution == 0: members = .worst
        case "worst": throw argument.unfit("members", expected: "mean beside k, or worst without it")
        default: throw argument.unfit("members", expected: "mean or worst")
        }
        isNormalized = try argument.flag("normalize")
    }

    private static func weights(
        _ text: String, _ argument: NamedArgument
    ) throws -> [String: Double] {
        var weights: [String: Double] = [:]
        for term in text.split(separator: "+") {
            let factors = term.split(separator: "*", maxSplits: 1)
            guard let name = factors.first, let weight = factors.count == 1 ? 1 : Double(factors[1]) else {
                throw argument.unfit(
                    "weights", expected: "aspects and their weights, as in helpful*1+safe*0.5")
            }
            weights[String(name)] = weight
        }
        return weights
    }

    /// - Throws: ``InvalidSetting`` where there is one model, and caution between several would do nothing.
    func check(memberCount: Int, model: String) throws {
        guard memberCount == 1, caution > 0 || members == .worst else { return }
        throw InvalidSetting(
            "reward_model",
            expected: "an ensemble (heed reward --ensemble N) for \(caution > 0 ? "k" : "members=worst")",
            found: "a single model, \(model)")
    }

    /// - Throws: ``InvalidSetting`` where the model has no such group, aspect or normaliser.
    func check(_ description: RewardDescription, model: String) throws {
        func known(_ name: String, among names: [String], _ what: String) throws {
            guard !names.contains(name) else { return }
            let list = names.isEmpty ? "has none" : "has \(names.joined(separator: ", "))"
            throw InvalidSetting(
                "reward_model", expected: "\(what) that \(model) knows (it \(list))", found: "'\(name)'")
        }
        let groups = description.groups?.names ?? []
        switch group {
        case .shared: break
        case .named(let name): try known(name, among: groups, "a group")
        case .mean, .worst:
            if groups.isEmpty { try known("mean or worst of groups", among: groups, "groups") }
        }
        for name in (weights.map { Array($0.keys) } ?? []) + [gate].compactMap(\.self) {
            try known(name, among: description.aspects, "an aspect")
        }
        if isNormalized, description.normalizer == nil {
            throw InvalidSetting(
                "reward_model", expected: "a model trained with --normalize RESPONSES",
                found: "none in \(model)")
        }
    }
}
