import JSON
import RandomNumbers

extension TaskFamily {
    /// Sums of terms, from the third level on with products, from the fourth with brackets.
    static let arithmetic = TaskFamily(
        name: "arithmetic", summary: "What is 7 + 5 - 3?", verifier: "number"
    ) { difficulty, _, random in
        let largest = [9, 20, 50, 99, 99][difficulty - 1]
        var text = ""
        var value = 0
        for index in 0...difficulty {
            let term = term(difficulty, largest, &random)
            let isSubtracted = index > 0 && random.integer(below: 2) == 0
            text += index == 0 ? term.text : isSubtracted ? " - \(term.text)" : " + \(term.text)"
            value += isSubtracted ? -term.value : term.value
        }
        return Problem(key: text, question: "What is \(text)?", answer: .integer(value))
    }

    private static func term(
        _ difficulty: Int, _ largest: Int, _ random: inout RandomSource
    ) -> (text: String, value: Int) {
        let number = random.integer(in: 1...largest)
        guard difficulty > 2, random.integer(below: 3) == 0 else { return ("\(number)", number) }
        let factor = random.integer(in: 2...9)
        guard difficulty > 3, random.integer(below: 2) == 0 else {
            return ("\(number) * \(factor)", number * factor)
        }
        let other = random.integer(in: 1...largest)
        return ("\(factor) * (\(number) - \(other))", factor * (number - other))
    }

    /// Lists of numbers; the same numbers in another order are the same problem.
    static let sorting = TaskFamily(
        name: "sorting", summary: "Sort 5, 3, 9 from the smallest to the largest.", verifier: "exact"
    ) { difficulty, _, random in
        let count = [3, 4, 5, 7, 9][difficulty - 1]
        let largest = [20, 50, 100, 500, 1000][difficulty - 1]
        var numbers = (0..<count).map { _ in random.integer(in: 1...largest) }
        // Nothing would be left to do.
        if numbers == numbers.sorted() { numbers.reverse() }
        let listed = { (numbers: [Int]) in numbers.map(String.init).joined(separator: ", ") }
        return Problem(
            key: listed(numbers.sorted()),
            question:
                "Sort these numbers from the smallest to the largest, with a comma and a blank between them: "
                + "\(listed(numbers)).",
            answer: .string(listed(numbers.sorted())))
    }

    /// Numbers and what they make: solvable, as the target comes from combining them.
    static let countdown = TaskFamily(
        name: "countdown", summary: "Make 24 of 3, 5 and 9, each used once.", verifier: "countdown"
    ) { difficulty, _, random in
        let count = [2, 3, 3, 4, 5][difficulty - 1]
        let largest = [20, 10, 50, 50, 99][difficulty - 1]
        while true {
            let numbers = (0..<count).map { _ in random.integer(in: 1...largest) }
            guard let solution = solution(numbers, &random), !numbers.contains(solution.value),
                solution.value < 1000
            else { continue }
            let listed = numbers.map(String.init).joined(separator: ", ")
            return Problem(
                key: "\(numbers.sorted()) \(solution.value)",
                question: "Use the numbers \(listed), each exactly once, with + - * / and brackets to make "
                    + "\(solution.value). Give the term as the last line.",
                answer: .string(solution.text),
                columns: [
                    "numbers": .array(numbers.map { .integer($0) }), "target": .integer(solution.value),
                ])
        }
    }

    /// Combines two of the numbers until one is left. All values on the way are whole and above 0.
    private static func solution(
        _ numbers: [Int], _ random: inout RandomSource
    ) -> (text: String, value: Int)? {
        var terms = numbers.map { (text: "\($0)", value: $0) }
        while terms.count > 1 {
            random.shuffle(&terms)
            let (left, right) = (terms.removeLast(), terms.removeLast())
            let value: Int
            let sign = random.element(of: ["+", "-", "*", "/"])
            switch sign {
            case "+": value = left.value + right.value
            case "-": value = left.value - right.value
            case "*": value = left.value * right.value
            default: value = left.value % right.value == 0 ? left.value / right.value : 0
            }
            guard value > 0 else { return nil }
            let text = "\(left.text) \(sign) \(right.text)"
            terms.append((terms.isEmpty ? text : "(\(text))", value))
        }
        return terms[0]
    }
}
