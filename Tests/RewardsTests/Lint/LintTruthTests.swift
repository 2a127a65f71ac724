import JSON
import Testing

@testable import Rewards

/// What is made of a truth: worked out by hand.
@Suite struct LintTruthTests {
    private func spellings(_ text: String) -> [String: String] {
        Dictionary(LintTruth(text).spellings.map { ($0.name, $0.text) }) { first, _ in first }
    }

    private func misses(_ text: String) -> [String: String] {
        Dictionary(LintTruth(text).nearMisses.map { ($0.name, $0.text) }) { first, _ in first }
    }

    @Test func wholeNumbersHaveManySpellings() {
        #expect(
            spellings("42") == [
                "a decimal point": "42.0", "a fraction": "84/2", "mathematics": "$42$", "bold": "**42**",
                "a plus sign": "+42", "words": "forty-two", "full-width digits": "４２", "Arabic digits": "٤٢",
            ])
        #expect(spellings("-1234567")["thousands apart"] == "-1,234,567")
        #expect(spellings("1000")["thousands apart"] == "1,000")
        #expect(spellings("7")["words"] == "seven" && spellings("80")["words"] == "eighty")
        #expect(spellings("-3")["words"] == nil && spellings("-3")["a plus sign"] == nil)
        #expect(spellings("3.5") == ["a trailing zero": "3.50"])
        #expect(spellings("Lisbon") == ["capitals": "LISBON", "small letters": "lisbon"])
        #expect(spellings("12 km").isEmpty)
    }

    @Test func nearMissesAreWrong() {
        #expect(
            misses("42") == [
                "one added": "43", "one taken off": "41", "a digit more": "421", "a digit in front": "142",
                "another sign": "-42", "a zero more": "420", "a decimal place": "42.5", "a digit less": "4",
            ])
        #expect(misses("-6")["a digit in front"] == "-16" && misses("-6")["another sign"] == "6")
        #expect(misses("0")["another sign"] == nil)
        #expect(misses("3.5") == ["another sign": "-3.5", "a digit more": "3.57", "no decimal point": "35"])
        #expect(misses("12 km")["another unit"] == "12 m" && misses("12 km")["one added"] == "13 km")
        #expect(misses("Lisbon") == ["a letter less": "Lisbo", "a word in front": "not Lisbon"])
    }

    /// Whatever is called wrong is another value than the truth, and whatever is called the same is another text.
    @Test func nothingIsCalledWhatItIsNot() {
        for text in [
            "0", "7", "-6", "42", "1000", "999999999", "3.5", "-0.25", "12 km", "5 m", "Lisbon", "x", "1/2",
        ] {
            let truth = LintTruth(text)
            let wrong = truth.wrongAnswers(6, others: ["one", "two", text])
            #expect(wrong.count >= 2 && Set(wrong).count == wrong.count && !wrong.contains(text), "\(text)")
            #expect(!truth.nearMisses.contains { $0.text == text }, "\(text)")
            #expect(!truth.spellings.contains { $0.text == text }, "\(text)")
            if let value = Double(text) {
                #expect(!(wrong + truth.nearMisses.map(\.text)).contains { Double($0) == value }, "\(text)")
            }
        }
    }

    @Test func truthsComeInManyColumns() {
        func truth(_ value: JSONValue) -> String? { LintRow.truth(in: ["answer": value], column: "answer") }
        #expect(truth("42") == "42" && truth(42) == "42" && truth(3.5) == "3.5" && truth(["a", "b"]) == "a")
        #expect(truth("He has 3 + 4 = 7.\n#### 7") == " 7" && truth("") == nil && truth(.null) == nil)
        #expect(LintTruth(" 7").text == "7")
        #expect(LintRow.truth(in: ["answer": "42"], column: "solution") == nil)
    }
}
