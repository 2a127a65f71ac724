import JSON
import RandomNumbers

extension TaskFamily {
    /// Word problems: something is counted, and things happen to it, as many as the level says. Scenes that
    /// are held out are told in no row to train on, and neither are their numbers.
    static let stories = TaskFamily(
        name: "stories", summary: "Mia has 8 stamps. She buys 5 more. …", verifier: "number"
    ) { difficulty, side, random in
        let scene = random.element(of: side == .train ? trainingScenes : heldOutScenes)
        let name = random.element(of: names)
        let largest = difficulty < 3 ? 20 : difficulty < 5 ? 60 : 200
        var value = random.integer(in: 3...largest)
        var text = scene.opening.filled(name, value)
        var key = "\(value)"
        for _ in 0..<difficulty {
            let event = event(value, largest, &random)
            let templates = [scene.more, scene.fewer, scene.times][event.kind]
            text += " " + random.element(of: templates).filled(name, event.number)
            key += ["+", "-", "*"][event.kind] + "\(event.number)"
            value = event.result
        }
        return Problem(
            key: key, question: "\(text) \(scene.question.filled(name, value))", answer: .integer(value))
    }

    /// What happens to so many things; there are always some left, and never more than can be counted.
    private static func event(
        _ value: Int, _ largest: Int, _ random: inout RandomSource
    ) -> (kind: Int, number: Int, result: Int) {
        let number = random.integer(in: 2...largest)
        let factor = random.integer(in: 2...4)
        switch random.integer(below: 5) {
        case 0 where value * factor <= 10 * largest: return (2, factor, value * factor)
        case 1, 2:
            guard value > 2 else { break }
            let lost = random.integer(in: 1...min(value - 1, largest))
            return (1, lost, value - lost)
        default: break
        }
        return (0, number, value + number)
    }

    /// Where a story plays. `{name}` is who is in it, `{n}` how many.
    private struct Scene: Sendable {
        let opening: String
        let more: [String]
        let fewer: [String]
        let times: [String]
        let question: String
    }

    private static let names = [
        "Mia", "Noah", "Lena", "Omar", "Ida", "Tom", "Yuki", "Ana", "Ben", "Zoe", "Karl", "Nina", "Ravi",
        "Elsa",
    ]

    private static let trainingScenes = [
        Scene(
            opening: "{name} collects stamps and has {n} of them.",
            more: ["A friend gives {name} {n} more stamps.", "At the market {name} buys {n} stamps."],
            fewer: [
                "{name} trades {n} stamps away for a postcard.", "{n} stamps get wet and are thrown away.",
            ],
            times: ["Then an uncle makes sure that {name} has {n} times as many stamps as before."],
            question: "How many stamps does {name} have now?"),
        Scene(
            opening: "A bus leaves the station with {n} passengers; {name} drives it.",
            more: ["At the next stop {n} people get on.", "Near the school {n} more passengers get on."],
            fewer: ["At the town hall {n} people get off.", "By the river {n} passengers get off."],
            times: ["At the stadium so many get on that there are {n} times as many passengers as before."],
            question: "How many passengers are on the bus now?"),
        Scene(
            opening: "There are {n} apples in {name}'s basket.",
            more: ["{name} picks {n} more apples.", "A neighbour puts {n} apples into the basket."],
            fewer: ["{name} bakes a cake with {n} of the apples.", "{name} gives {n} apples to the horses."],
            times: [
                "After another tree is picked, there are {n} times as many apples in the basket as before."
            ],
            question: "How many apples are in the basket now?"),
        Scene(
            opening: "On Monday morning {name}'s shelf in the library holds {n} books.",
            more: ["Readers bring back {n} books.", "A box with {n} new books arrives for the shelf."],
            fewer: [
                "A class borrows {n} books from the shelf.",
                "{name} sends {n} old books away to be repaired.",
            ],
            times: ["A gift makes the shelf hold {n} times as many books as before."],
            question: "How many books are on the shelf now?"),
        Scene(
            opening: "{name} is playing a game and starts with {n} points.",
            more: ["{name} wins {n} points.", "A hidden door is worth {n} points."],
            fewer: ["A trap costs {n} points.", "{name} pays {n} points for a map."],
            times: ["A magic ring gives {name} {n} times as many points as before."],
            question: "How many points does {name} have now?"),
    ]

    private static let heldOutScenes = [
        Scene(
            opening: "{n} ducks are swimming on the pond behind {name}'s house.",
            more: ["{n} ducks land on the water.", "From the reeds {n} more ducks come out."],
            fewer: ["A dog frightens {n} ducks away.", "{n} ducks fly off to the river."],
            times: ["In spring there are {n} times as many ducks on the pond as before."],
            question: "How many ducks are on the pond now?"),
        Scene(
            opening: "{name} opens a bakery and sets out {n} rolls.",
            more: ["The oven gives another {n} rolls.", "{name} brings {n} rolls from the cellar."],
            fewer: ["The first customers buy {n} rolls.", "A café takes {n} rolls."],
            times: ["Before the fair {name} bakes until there are {n} times as many rolls as before."],
            question: "How many rolls are there now?"),
    ]
}

extension String {
    fileprivate func filled(_ name: String, _ number: Int) -> String {
        replacing("{name}", with: name).replacing("{n}", with: "\(number)")
    }
}
