import Alignment
import Foundation
import Testing

@Suite struct AnnotatorCatalogueTests {
    private let catalogue = AnnotatorCatalogue.lexical()

    private func message(_ text: String) -> String {
        do {
            _ = try catalogue.judge(text, seed: 1)
            return ""
        } catch {
            return String(describing: error)
        }
    }

    @Test func makesAnAnnotatorWithItsOptions() throws {
        let judge = try catalogue.judge(
            "concise:enough=20,error=0.2,temperature=1.5", errorRate: 0.01, seed: 9)
        #expect((judge.annotator as? ConciseAnnotator)?.enough == 20)
        #expect(judge.errorRate == 0.2)
        #expect(judge.temperature == 1.5)
        #expect(judge.seed == 9)
        #expect(try catalogue.judge("concise", errorRate: 0.01, seed: 9).errorRate == 0.01)
    }

    @Test func readsTheLexiconFromAFile() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).txt")
        try Data(sampleLexicon.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let judge = try catalogue.judge("warm:lexicon=\(file.path),unfinished=2", seed: 1)
        let warm = try #require(judge.annotator as? WarmAnnotator)
        #expect(warm.lexicon.count == 7)
        #expect(warm.flaws == Flaws(unfinishedPenalty: 2, repetitionPenalty: 1))
        #expect(
            try AnnotatorCatalogue.lexical(lexicon: file.path).judge("warm", seed: 1).annotator.name == "warm"
        )
    }

    @Test func errorsNameWhatIsKnown() {
        #expect(message("cold") == "annotator 'cold' is not known; the annotators are concise, warm")
        #expect(
            message("concise:enuf=3")
                == "annotator 'concise' has no option 'enuf'; its options are "
                + "enough, error, repetition, temperature, unfinished")
        #expect(
            message("concise:enough=few")
                == "annotator 'concise': enough=few, expected a number from 1.0 to below 1000000.0")
        #expect(
            message("concise:error=0.5")
                == "annotator 'concise': error=0.5, expected a number from 0.0 to below 0.5")
        #expect(
            message("concise:error=nan")
                == "annotator 'concise': error=nan, expected a number from 0.0 to below 0.5")
        #expect(
            message("concise:unfinished=-1")
                == "annotator 'concise': unfinished=-1, expected a number of at least 0.0")
        #expect(message("concise:error=0.1,error=0.2").contains("'error' is given twice"))
        #expect(message("warm").contains("needs lexicon=…"))
        #expect(message("warm:lexicon=nowhere.txt").contains("the lexicon cannot be read"))
        for malformed in ["", ":", "concise:", "concise:enough", "concise:enough=", "concise:=3"] {
            #expect(message(malformed).contains("expected NAME or NAME:key=value"), "\(malformed)")
        }
    }

    /// As a reward an annotator only scores: what makes a judge of it would change nothing.
    @Test func anAnnotatorAloneHasNoJudgesOptions() throws {
        #expect((try catalogue.annotator("concise:enough=20") as? ConciseAnnotator)?.enough == 20)
        let error = #expect(throws: AnnotatorError.self) { _ = try catalogue.annotator("concise:error=0.1") }
        #expect(error?.description.hasSuffix("its options are enough, repetition, unfinished") == true)
    }

    @Test func takesFurtherAnnotators() throws {
        var catalogue = catalogue
        catalogue.add(.init(name: "number", options: [:], temperature: 3) { _ in NumberAnnotator() })
        #expect(try catalogue.judge("number", seed: 1).temperature == 3)
    }
}
