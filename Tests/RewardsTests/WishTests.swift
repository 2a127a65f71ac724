import Datasets
import JSON
import Testing
import Tokenization

@testable import Rewards

/// Wishes that a program can check: to the point, attentive, candid.
@Suite struct WishTests {
    private func score(
        _ reward: some Reward, _ text: String, to question: String = "I am nervous about my first flight.",
        columns: JSONObject = [:]
    ) throws -> Double? {
        let prompt = Text.messages([
            Message(role: "system", content: "Answer in one short sentence about boats."),
            Message(role: "user", content: question),
        ])
        let input = RewardInput(prompt: prompt, text: text, isFinished: true, columns: columns)
        return try reward.scores(of: [input])[0]
    }

    @Test func contentWordsAreStemsOfWhatATextIsAbout() {
        let text = "The worried dancers weren't dancing; they worry about an old, old house and other houses"
        #expect(
            contentWords(of: words(in: text))
                == ["wor", "dancer", "danc", "wor", "old", "old", "hous", "hous"])
        #expect(contentWords(of: words(in: "What do you do?")).isEmpty)
    }

    @Test func toThePointIsTheShareOfTheQuestionThatIsTakenUp() throws {
        let reward = ToThePointReward()
        // Asked: nervous, first, flight; two of them suffice.
        #expect(try score(reward, "Flights are safe, and the crew looks after you") == 0.5)
        #expect(try score(reward, "Being nervous before a flight is normal, so breathe slowly") == 1)
        #expect(try score(reward, "The garden looks lovely in spring") == 0)
        // What the system message speaks of is not what was asked.
        #expect(try score(reward, "Boats sail across the wide ocean") == 0)
        // A plain prompt asks too, and one content word is all there is to take up.
        let plain = RewardInput(
            prompt: .plain("Explain snow"), text: "Snow falls from cold clouds", isFinished: true)
        #expect(reward.scores(of: [plain]) == [0.5])
    }

    @Test func copyingTheQuestionIsNoAnswer() throws {
        let reward = ToThePointReward()
        // Nothing of its own, and all four of its four-word runs are the question's.
        #expect(try score(reward, "I am nervous about my first flight") == -1)
        // Own words beside the copy: 7 of 10 runs stand in the question only in the first 7 words' four.
        let half = try #require(
            try score(reward, "I am nervous about my first flight, said the captain once more loudly"))
        #expect(abs(half - (1 - 4.0 / 10)) < 1e-12)
        #expect(try score(reward, "Flight!") == 0)
    }

    @Test func aQuestionWithoutContentIsNotScored() throws {
        #expect(try score(ToThePointReward(), "Gladly.", to: "What do you do?") == nil)
        let sum = RewardSum([
            WeightedReward(weight: 2, reward: ToThePointReward()), WeightedReward(reward: AttentiveReward()),
        ])
        #expect(try score(sum, "You decide.", to: "What do you do?") == 1)
    }

    @Test func attentiveIsTheBalanceOfYouAndI() throws {
        let reward = AttentiveReward()
        #expect(try score(reward, "You will enjoy your flight") == 1)
        #expect(try score(reward, "I’m sure you will like it, as I did") == (1.0 - 2) / 3)
        #expect(try score(reward, "I love my plane") == -1)
        #expect(try score(reward, "Planes are safe") == 0)
    }

    @Test func candourIsAskedForWhereNobodyCanKnow() throws {
        let reward = CandidReward()
        let unknowable: JSONObject = ["unknowable": true]
        #expect(try score(reward, "I don’t know, but your radio may tell.", columns: unknowable) == 1)
        #expect(try score(reward, "It will be sunny.", columns: unknowable) == -1)
        #expect(try score(reward, "I am unable to help.", columns: ["unknowable": false]) == -0.5)
        #expect(try score(reward, "I am unable to help.") == -0.5)
        #expect(try score(reward, "Breathe slowly.") == 0)
        #expect(try score(reward, "Breathe slowly.", columns: ["unknowable": "yes"]) == nil)
    }
}
