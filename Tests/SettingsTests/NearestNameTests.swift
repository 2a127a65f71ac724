import Errors
import Testing

@testable import Settings

@Suite struct NearestNameTests {
    private let names = ["learning_rate", "lr_schedule", "epochs", "beta"]

    @Test(arguments: [
        ("learning_rat", "learning_rate"), ("epoch", "epochs"), ("betta", "beta"),
        ("lr_sched", "lr_schedule"),
    ])
    func findsWhatWasMeant(word: String, name: String) {
        #expect(nearestName(to: word, among: names) == name)
    }

    @Test(arguments: ["", "zzzz", "tokenizer"])
    func staysSilentWhereNothingIsNear(word: String) {
        #expect(nearestName(to: word, among: names) == nil)
    }

    @Test func equalDistancesAreDecidedByTheAlphabet() {
        #expect(nearestName(to: "cat", among: ["hat", "bat"]) == "bat")
    }
}
