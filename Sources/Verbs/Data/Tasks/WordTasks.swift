import JSON
import RandomNumbers

extension TaskFamily {
    /// Letters of a word.
    static let letters = TaskFamily(
        name: "letters", summary: "How often is the letter \"r\" in \"berry\"?", verifier: "number"
    ) { difficulty, _, random in
        let word = word(difficulty, &random)
        // One time in five any letter, so that "0" is an answer too.
        let letter =
            random.integer(below: 5) == 0
            ? random.element(of: Array("abcdefghijklmnopqrstuvwxyz")) : random.element(of: Array(word))
        return Problem(
            key: "\(letter) \(word)",
            question: "How many times does the letter \"\(letter)\" occur in the word \"\(word)\"?",
            answer: .integer(word.count { $0 == letter }))
    }

    /// Words from the last letter to the first.
    static let spelling = TaskFamily(
        name: "spelling", summary: "Spell \"garden\" backwards.", verifier: "exact"
    ) { difficulty, _, random in
        let word = word(difficulty, &random)
        return Problem(
            key: word, question: "Spell the word \"\(word)\" backwards.",
            answer: .string(String(word.reversed())))
    }

    /// A common word where there is one of the length, otherwise one that only sounds like a word.
    private static func word(_ difficulty: Int, _ random: inout RandomSource) -> String {
        let length = random.integer(in: [3...4, 5...6, 7...8, 9...10, 11...14][difficulty - 1])
        if random.integer(below: 2) == 0, let words = commonWords[length] { return random.element(of: words) }
        var word = ""
        while word.count < length {
            word.append(random.element(of: Array("bdfgklmnprstvz")))
            word.append(random.element(of: Array("aeiou")))
            if random.integer(below: 3) == 0 { word.append(random.element(of: Array("lmnrst"))) }
        }
        return String(word.prefix(length))
    }

    private static let commonWords = Dictionary(
        grouping: """
            sun cat dog egg tea cup bus map box key pen hat ice oak sea sky arm ear leg day bird
            boat book cake coat door fish fork gate girl hand hill king lake lamp leaf milk moon
            nail nest rain ring road rock roof rope rose sand seed ship shoe snow song star tree
            wall wind wolf wood apple beach berry bread brick broom chair cheese clock cloud
            dress drum eagle field floor fruit glass grape grass green horse house juice knife
            lemon light melon money mouse music night ocean onion paper peach pearl piano plane
            plant plate queen radio river salad sheep shell smile spoon stone storm sugar table
            tiger tooth basket bottle branch bridge bucket butter button camera candle carpet
            castle cherry coffee cookie corner cotton dinner doctor dragon family farmer finger
            flower forest garden ginger hammer island jacket kettle kitten ladder letter market
            mirror monkey needle office orange pencil pepper pillow planet pocket potato rabbit
            ribbon rocket saddle school shadow silver spider spring square stairs street summer
            ticket tomato tunnel turtle valley velvet violin wallet window winter balloon
            blanket cabbage captain chicken company concert dolphin feather holiday journey
            kitchen lantern library machine morning mustard octopus orchard package painter
            peanuts penguin picture pumpkin rainbow sailing sausage scissor teacher thunder
            traffic trumpet village weather whisper airplane baseball birthday building carnival
            children computer cucumber daughter dinosaur elephant envelope festival football
            hospital kangaroo keyboard language magazine mountain mushroom notebook painting
            sandwich shoulder squirrel sunshine swimming treasure triangle umbrella vacation
            adventure afternoon alligator blueberry butterfly chocolate crocodile dandelion
            education fireplace furniture gardening hamburger important jellyfish landscape
            lightning narrative newspaper orchestra pineapple porcupine raspberry spaghetti
            telephone tangerine tradition waterfall xylophone basketball blackboard decoration
            friendship lighthouse microscope playground skateboard strawberry
            """.split(whereSeparator: \.isWhitespace).map(String.init), by: \.count)
}
