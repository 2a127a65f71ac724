import Charts
import Statistics

extension Report {
    /// What people said about the arms' answers.
    public struct People: Codable, Hashable, Sendable {
        /// How strong an arm is, in log-odds (Bradley and Terry, 1952); only differences between arms mean something.
        public struct Strength: Codable, Hashable, Sendable {
            public var name: String
            public var strength: Estimate

            public init(name: String, strength: Estimate) {
                self.name = name
                self.strength = strength
            }
        }

        /// How often the first of two arms was preferred to the second.
        public struct Pair: Codable, Hashable, Sendable {
            public var first: String
            public var second: String
            public var rate: WinRate

            public init(first: String, second: String, rate: WinRate) {
                self.first = first
                self.second = second
                self.rate = rate
            }
        }

        /// Where the votes are.
        public var store: String
        public var project: String
        /// How many voted.
        public var people: Int
        public var votes: Int
        /// On how many pairs of answers somebody voted.
        public var pairsOfAnswers: Int
        /// Pairs of equal answers, which count as ties without a vote.
        public var equalAnswers: Int
        /// Nil where the votes do not connect the arms.
        public var strengths: [Strength]?
        public var pairs: [Pair]
        /// The share of pairs of people who said the same; nil where no two voted on the same.
        public var agreement: Estimate?
        /// Krippendorff's α on the order win, tie, loss.
        public var krippendorffAlpha: Estimate?

        private enum CodingKeys: String, CodingKey {
            case store, project, people, votes, strengths, pairs, agreement
            case pairsOfAnswers = "pairs_of_answers"
            case equalAnswers = "equal_answers"
            case krippendorffAlpha = "krippendorff_alpha"
        }
    }

    /// How strong people found the arms.
    public var strengthChart: BarChart? {
        guard let strengths = people?.strengths else { return nil }
        let bars = strengths.map { strength in
            let style = arms.first { $0.name == strength.name }.map(style) ?? 0
            return BarChart.Bar(name: strength.name, style: style, value: strength.strength)
        }
        return BarChart(
            title: "Strength of the arms by people's votes",
            summary: bars.map { "\($0.name): \($0.value.text(.plain))." }.joined(separator: " ")
                + " The dashed line is the mean of the arms.",
            axis: Axis("log-odds of being preferred", including: [0]), bars: bars, baseline: 0)
    }
}

extension ReportPage {
    /// What people said, arm by arm and pair by pair.
    var peopleSection: HTML? {
        guard let people = report.people else { return nil }
        let percent = NumberStyle.percent
        var sentences = [
            "\(NumberStyle.people(people.people)) voted \(people.votes) times on \(people.pairsOfAnswers) pairs of "
                + "answers, without knowing whose they were."
        ]
        if people.equalAnswers > 0 {
            sentences.append("\(people.equalAnswers) pairs of equal answers count as ties.")
        }
        sentences.append(
            people.agreement.map { "Two of them said the same on \($0.text(percent)) of what both saw." }
                ?? "No two of them saw the same pair, so how well they agree is unknown.")
        if let alpha = people.krippendorffAlpha {
            sentences.append(
                "Krippendorff's α is \(alpha.text(.plain)); 1 is perfect, 0 is what chance gives.")
        }
        let head = ["arm", "against", "won", "tied", "lost", "win rate"].map {
            HTML.element("th", ["scope": "col"], $0)
        }
        let rows = people.pairs.map { pair in
            let cells = [
                pair.first, pair.second, "\(pair.rate.wins)", "\(pair.rate.ties)", "\(pair.rate.losses)",
                pair.rate.rate.text(percent),
            ]
            return HTML.element("tr", cells.map { HTML.element("td", $0) })
        }
        let table = HTML.element(
            "table",
            [.element("thead", [.element("tr", head)]), .element("tbody", rows)])
        return section(
            "What people said",
            [.element("p", sentences.joined(separator: " "))]
                + (report.strengthChart.map { [figure($0)] } ?? []) + [table]
                + [note([("People", report.notes.people)])])
    }
}
