import Files
import Foundation
import Statistics
import Training

/// Responses with what each token was worth, as coloured text and as numbers.
struct ExplainedTokens {
    private let responses: [ExplainedResponse]

    init(_ responses: [ExplainedResponse]) { self.responses = responses }

    /// What the colours say, above the responses.
    static let explanation: [HTML] = [
        .element(
            "p",
            "A token with a positive advantage is made more likely, one with a negative advantage less likely. An "
                + "advantage is what came after the token beyond what the critic expected there: the rewards that followed, "
                + "less its value, and then in deviations from the mean of the step. Rewards are the score, at the last token, "
                + "normalised where that is asked for and less the penalty of an answer that was cut off; and at every token "
                + "what its distance from the reference costs, where rewards pay for that."),
        .element(
            "p", ["class": "tokens"],
            [
                .inline("span", ["class": "up w4"], [.text(" above zero ")]), .text(" "),
                .inline("span", ["class": "down w4"], [.text(" below zero ")]),
                .text(
                    " The stronger the colour, the further from it; it grows with the square root, to the largest of all "
                        + "that are shown."),
            ]),
    ]

    /// What is told of each token.
    private struct Quantity: Sendable {
        let name: String
        let values: @Sendable (ExplainedResponse) -> [Double]
    }

    private static let quantities = [
        Quantity(name: "advantage") { $0.advantages }, Quantity(name: "reward") { $0.rewards },
        Quantity(name: "KL to the reference, nats") { $0.kl }, Quantity(name: "value") { $0.values },
    ]

    var articles: [HTML] { responses.map(article) }

    private func article(_ response: ExplainedResponse) -> HTML {
        let step = response.step.map { "step \($0) · " } ?? ""
        let score = NumberStyle.plain.text(response.score)
        let others = Self.quantities.dropFirst().flatMap { quantity in
            [HTML.element("p", ["class": "hint"], quantity.name), coloured(response, by: quantity)]
        }
        return .element(
            "article",
            [
                .element(
                    "p", ["class": "hint"], "\(step)score \(score) · \(response.tokens.count) tokens"),
                .element("p", ["class": "prompt", "dir": "auto"], response.prompt),
                coloured(response, by: Self.quantities[0]),
                .element(
                    "details", ["class": "more"],
                    [.element("summary", "Reward, KL and value of each token")] + others
                        + [numbers(of: response)]),
            ])
    }

    /// The response's text, each token in the colour of its number.
    private func coloured(_ response: ExplainedResponse, by quantity: Quantity) -> HTML {
        let largest = responses.flatMap(quantity.values).map(abs).max() ?? 0
        let values = quantity.values(response)
        let spans = zip(response.tokens, values).map { token, value in
            let strength = largest > 0 ? Int((5 * (abs(value) / largest).squareRoot()).rounded()) : 0
            let kind = strength == 0 ? "" : "\(value > 0 ? "up" : "down") w\(strength)"
            return HTML.inline(
                "span", ["class": kind, "title": "\(quantity.name) \(NumberStyle.plain.text(value))"],
                [.text(Self.visible(token))])
        }
        return .element("p", ["class": "tokens", "dir": "auto"], spans)
    }

    private func numbers(of response: ExplainedResponse) -> HTML {
        let columns = Self.quantities.map { $0.values(response) }
        return .table(
            ["token"] + Self.quantities.map(\.name),
            response.tokens.enumerated().map { index, token in
                [Self.visible(token)] + columns.map { NumberStyle.plain.text($0[index]) }
            })
    }

    /// A line break is seen, and so is a token that only begins a character.
    private static func visible(_ token: String) -> String {
        token.isEmpty ? "◌" : token.replacing("\n", with: "⏎\n")
    }
}

/// `explained.html` in the folder of a run that explained responses: all of them, the last step's first.
public enum ExplainedPage {
    public static func file(of run: URL) -> URL { run.appendingPathComponent("explained.html") }

    /// - Throws: `MalformedFile` where the run's `explained.jsonl` is damaged, `FileError`.
    public static func write(of run: URL) throws {
        let responses = try ExplainedResponse.read(run: run)
        let latest = Dictionary(grouping: responses) { $0.step ?? 0 }.sorted { $0.key > $1.key }
            .flatMap(\.value)
        let title = "Answers, token by token"
        let page = HTML.page(
            title: title,
            [
                .element("header", [.element("h1", title)] + ExplainedTokens.explanation),
                .element("section", ExplainedTokens(latest).articles),
            ])
        try AtomicFile.write(Data(page.source.utf8), to: file(of: run))
    }
}
