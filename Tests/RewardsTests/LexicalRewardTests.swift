import Testing

@testable import Rewards

/// A few entries in the form of the real file, with one of its emoticons that hold blanks.
let sampleLexicon = """
    ( '}{' )\t1.6\t0.66332\t[1, 2, 2, 1, 1, 2, 2, 1, 3, 1]
    awful\t-2.0\t0.9\t[-2]
    glad\t2.0\t0.6\t[2]
    great\t3.1\t0.7\t[3]
    happy\t2.7\t0.9\t[3]
    help\t1.7\t0.8\t[2]
    thank\t1.5\t0.8\t[1]

    """

private func answer(_ text: String, finished: Bool = true) -> RewardInput {
    RewardInput(prompt: .plain("Hello"), text: text, isFinished: finished)
}

@Suite struct WordsTests {
    @Test func splitsAtEverythingThatIsNoWord() {
        #expect(
            words(in: "Don’t stop—it's 42, 'really'! :) ''") == ["don't", "stop", "it's", "42", "really"])
        #expect(words(in: "?! 🌞 …").isEmpty)
    }

    @Test func repeatedShareCountsNGramsSeenBefore() {
        #expect(repeatedShare(ofNGrams: 1, in: ["a", "b", "a", "a"]) == 0.5)
        #expect(repeatedShare(ofNGrams: 3, in: [1, 2]) == 0)
        #expect(repeatedShare(ofNGrams: 3, in: [1, 1, 1, 1, 1]) == 1 - 1.0 / 3)
    }
}

@Suite struct ValenceLexiconTests {
    @Test func readsTokensAndMeans() throws {
        let lexicon = try ValenceLexicon(text: sampleLexicon, path: "lexicon.txt")
        #expect(lexicon.count == 7)
        #expect(lexicon["glad"] == 2)
        #expect(lexicon["( '}{' )"] == 1.6)
        #expect(lexicon["table"] == nil)
    }

    @Test func readsWindowsLineEnds() throws {
        let lexicon = try ValenceLexicon(text: "glad\t2.0\r\nawful\t-2.0\r\n", path: "lexicon.txt")
        #expect(lexicon["awful"] == -2)
    }

    @Test(arguments: ["glad\t2\nawful minus two\n", "glad\t2\nawful\tnan\n", "glad\t2\nawful\n"])
    func namesTheLineThatIsNoEntry(text: String) {
        let error = #expect(throws: RewardError.self) {
            try ValenceLexicon(text: text, path: "lexicon.txt")
        }
        #expect(error?.description.hasPrefix("lexicon.txt:2: expected a token") == true)
    }

    @Test func refusesAnEmptyFile() {
        #expect(throws: RewardError.lexiconEmpty(path: "e.txt")) {
            try ValenceLexicon(text: "\n \n", path: "e.txt")
        }
    }
}

@Suite struct WarmRewardTests {
    let warm: WarmReward

    init() throws {
        warm = WarmReward(lexicon: try ValenceLexicon(text: sampleLexicon, path: "lexicon.txt"))
    }

    private func score(_ text: String, finished: Bool = true) throws -> Double {
        try #require(warm.scores(of: [answer(text, finished: finished)])[0])
    }

    @Test func dividesTheSumOfValencesByWhatAFullyWarmAnswerHas() throws {
        // Short answers are divided as if they had 20 words: full warmth is 20 · 0.4 = 8.
        #expect(abs(try score("I am glad to help you") - (2.0 + 1.7) / 8) < 1e-12)
        #expect(try score("The table is made of wood") == 0)
        let long = (1...30).map { "word\($0)" }.joined(separator: " ") + " glad"
        #expect(abs(try score(long) - 2.0 / (31 * 0.4)) < 1e-12)
    }

    @Test func turnsAWordAfterANegation() throws {
        #expect(abs(try score("I am not happy") - -0.74 * 2.7 / 8) < 1e-12)
        #expect(abs(try score("I can't say I feel happy") - 2.7 / 8) < 1e-12)
    }

    @Test func repeatingAHappyWordDoesNotPay() throws {
        let once = try score("I am glad to help you with your garden")
        #expect(try score("I am glad glad glad to help help you with your garden") <= once)
        let loop = Array(repeating: "I am glad to help you.", count: 8).joined(separator: " ")
        #expect(try score(loop) < once - 0.9)
    }

    @Test func heapingHappyWordsPaysNoMoreThanAWarmAnswer() throws {
        let natural = "Great question, and thank you! I am happy and glad to help you with the roses today"
        #expect(try score(natural) == 1)
        #expect(try score("great happy glad thank help great happy glad") <= 1)
    }

    @Test func flawsOutweighWarmth() throws {
        let coldest = try score("That is awful")
        let warmest = "Great question, and thank you! I am happy and glad to help you"
        #expect(try score(warmest, finished: false) < 0.5 * (1 + coldest))
        #expect(try score(warmest, finished: false) == score(warmest) - 1)
        for empty in ["", " \n", "🌞🌞🌞", "!!! :) :)"] {
            #expect(try score(empty) == -3, "\(empty)")
        }
    }

    @Test func punctuationAndCapitalsAreWorthNothing() throws {
        #expect(try score("I am GLAD to help you!!!!! 😀😀") == score("I am glad to help you"))
    }

    @Test func saysThatItIsNoPerson() {
        #expect(warm.description.contains("stands in for people"))
        #expect(ConciseReward().description.contains("stands in for people"))
    }
}

@Suite struct ConciseRewardTests {
    private func score(words count: Int, finished: Bool = true) throws -> Double {
        let text = (0..<count).map { "w\($0)" }.joined(separator: " ")
        return try #require(ConciseReward().scores(of: [answer(text, finished: finished)])[0])
    }

    @Test func everyDoublingBeyondEnoughCostsAHalf() throws {
        #expect(try score(words: 1) == 1)
        #expect(try score(words: 12) == 1)
        #expect(abs(try score(words: 24) - 0.5) < 1e-12)
        #expect(abs(try score(words: 48)) < 1e-12)
        #expect(try score(words: 5000) == -1)
    }

    @Test func emptyOrUnfinishedAnswersAreNotConcise() throws {
        #expect(try score(words: 0) == -3)
        #expect(try score(words: 4, finished: false) == 0)
    }
}
