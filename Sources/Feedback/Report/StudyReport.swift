import Foundation
import RandomNumbers
import Statistics

/// All figures of a study, from the judgments of those who take part; people who were excluded or who withdrew do not
/// count. `heed label agreement` prints it, the live page shows it.
///
/// What is said about items and models (agreement, groups, win rates, length) rests on items drawn at random; what is said
/// about people (pairs, repeats, gold, time, sides) on all that they judged.
public struct StudyReport: Encodable, Hashable, Sendable {
    public var project: String
    public var version: Int
    public var task: LabellingTask
    public var madeAt: Date
    public var progress: StudyProgress
    public var agreement: [AspectAgreement]
    public var pairs: [PairAgreement]
    /// Those on which people part most come first.
    public var items: [ItemAgreement]
    public var groups: [GroupAgreement]
    public var selfConsistency: [SelfConsistency]
    public var gold: Share?
    public var time: StudyTime?
    public var position: PositionBias?
    public var length: LengthBias?
    public var winRates: [WinRateReport]
    public var people: [PersonReport]

    /// The same data give the same report: the draws of its intervals are always the same.
    public init(_ data: StudyData, at date: Date = Date()) {
        let index = StudyIndex(data)
        var generator = SplitMix64(seed: 1)
        project = data.project.name
        version = data.project.version
        task = data.project.definition.task
        madeAt = date
        progress = StudyProgress(index)
        agreement = index.agreement(using: &generator)
        pairs = index.pairs(using: &generator)
        items = index.itemAgreements()
        groups = index.groups(using: &generator)
        selfConsistency = index.selfConsistency(using: &generator)
        gold = index.gold
        time = StudyTime(index.judgments)
        position = PositionBias(index.judgments, aspect: index.leadingAspect)
        length = LengthBias(index, using: &generator)
        winRates = data.project.definition.aspects.compactMap {
            WinRateReport(index, aspect: $0.name, using: &generator)
        }
        people = index.people()
    }

    /// Keys in snake case and in order, dates as in ISO 8601.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .iso8601
        return try encoder.encode(self)
    }
}
