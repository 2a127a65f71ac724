import Tokenization

/// What judgments cannot mean.
enum JudgedAnswers {
    /// - Throws: `DataError` for an answer with turns that are not to be learned: it is judged as a whole.
    static func requireWhole(_ answers: [Text], at place: Place) throws {
        for case .messages(let messages) in answers where messages.contains(where: \.isLeftOut) {
            throw DataError(
                at: place, expected: "answers all turns of which count, as they are judged as a whole,",
                found: "a turn of weight 0",
                remedy: "leave the weight out, or move the turn into the prompt, where nothing is learned")
        }
    }

    /// What is odd about answers between which somebody chose.
    /// - Parameter preference: the probability of the choice, where it is not certain.
    static func remarks(of answers: [Text], preference: Double? = nil) -> Set<RowRemark> {
        var remarks: Set<RowRemark> = preference == nil ? [] : [.softLabel]
        if answers.count > 1, Set(answers).count == 1 { remarks.insert(.sameAnswers) }
        if answers.contains(where: \.isEmpty) { remarks.insert(.emptyAnswer) }
        return remarks
    }

    /// - Parameter sequences: prompt and answer of each, as tokens.
    /// - Throws: `DataError` for answers that differ in the row and are the same to the model.
    static func requireDifference(_ sequences: [[Int]], of answers: [Text], at place: Place) throws {
        for (index, sequence) in sequences.enumerated() {
            for other in 0..<index where sequences[other] == sequence && answers[other] != answers[index] {
                throw DataError(
                    at: place, expected: "answers that differ in what the model is given",
                    found: "two that the chat template makes the same, as by leaving out their reasoning",
                    remedy: "remove the row, or give a chat template that writes what they differ in")
            }
        }
    }
}
