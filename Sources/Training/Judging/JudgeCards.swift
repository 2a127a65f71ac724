import Files
import Foundation
import JSON
import Rewards
import Runs
import Settings
import Statistics

/// Cards of judges, kept in `$HEED_HOME/judge-cards`, each in a file named after what its judge's verdicts follow from: so a
/// judge's card is found by the content of its files, wherever they lie.
public struct JudgeCards {
    private let folder: URL

    public init(in folder: URL = HomeFolder.url().appending(path: "judge-cards")) { self.folder = folder }

    /// Where the card of a judge is, or will be.
    /// - Throws: `FileError` for a file of the judge that cannot be read.
    public func file(of origin: JudgeOrigin) throws -> URL {
        let hashes = try origin.files.map { try ContentHash.sha256(of: $0) }
        let text = ([origin.definition] + hashes).joined(separator: "\n")
        return folder.appending(path: "\(ContentHash.sha256(of: Data(text.utf8))).json")
    }

    /// What is known of a judge; nil where nobody has measured it.
    /// - Throws: `MalformedFile` for a card that is none.
    func known(of origin: JudgeOrigin) throws -> Known? {
        let file = try file(of: origin)
        guard FileSystem.exists(file) else { return nil }
        let agreement = try FileSystem.decode(Agreement.self, from: file).agreement
        return Known(hash: try ContentHash.sha256(of: file), agreement: agreement)
    }

    struct Known {
        /// Of the card's file.
        let hash: String
        let agreement: Estimate
    }

    private struct Agreement: Decodable {
        let agreement: Estimate
    }
}

/// What a report says of its judge.
public struct JudgeStanding: Hashable, Sendable {
    /// The content hash of its card; nil where it has none.
    public let card: String?
    /// Why its verdicts should not be trusted; nil where nothing is known against it.
    public let warning: String?
}

extension RunContext {
    /// Looks for a judge's card, and says so where there is none or it speaks against the judge.
    ///
    /// A reward that is a rule, and neither was learned nor is a program, needs none unless one is required.
    /// - Parameter isRequired: whether a warning is an error.
    /// - Throws: `InvalidSetting`, or what is wrong with the files of the judge.
    public func standing(
        of judge: PreferenceJudge, isRequired: Bool, cards: JudgeCards = JudgeCards()
    ) throws -> JudgeStanding {
        guard let origin = judge.origin, origin.needsCard || isRequired else {
            return JudgeStanding(card: nil, warning: nil)
        }
        let known = try cards.known(of: origin)
        var warning: String?
        if let known {
            if known.agreement.side(of: 0.5) != .above {
                warning =
                    "by its card the judge '\(origin.argument)' agrees with people no more often than chance "
                    + "(\(Self.share(known.agreement.mean)) of their judgments)"
            }
        } else {
            warning =
                "the judge '\(origin.argument)' has no card: nobody has measured how far it agrees with people "
                + "(heed judge-card)"
        }
        if let warning {
            guard !isRequired else {
                throw InvalidSetting(
                    "require_card",
                    expected: "a judge whose card says that it agrees with people "
                        + "(heed judge-card --judge \(origin.argument.quotedForShell) --data VOTES)",
                    found: warning)
            }
            progress.note(warning, onceAbout: warning)
        }
        return JudgeStanding(card: known?.hash, warning: warning)
    }

    private static func share(_ value: Double) -> String { "\(Int((value * 100).rounded())) %" }
}
