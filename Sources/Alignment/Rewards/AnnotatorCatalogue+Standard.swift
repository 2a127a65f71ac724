import Foundation

extension AnnotatorCatalogue {
    /// All annotators: `warm`, `concise` and `reward-model`.
    ///
    /// - Parameter lexicon: the path of VADER's lexicon; nil: the catalogue's, fetched where it is not there yet.
    public static func standard(lexicon: String? = nil, context: JobContext) -> AnnotatorCatalogue {
        var catalogue = lexical(lexicon: try lexicon ?? fetchedLexicon(context))
        catalogue.add(rewardModel(context))
        return catalogue
    }

    private static func fetchedLexicon(_ context: JobContext) throws -> String {
        let entry = try Catalogue.entry(named: "vader-lexicon")
        let folder = try CatalogueStore().pull(entry, progress: context.downloadProgress)
        return folder.appendingPathComponent("vader_lexicon.txt").path
    }

    /// The scores are the logits that the model was trained with, so the judge's natural temperature is 1.
    private static func rewardModel(_ context: JobContext) -> Entry {
        let options = RewardView.options.merging(["model": "the folder of a reward model"]) { first, _ in
            first
        }
        return Entry(name: "reward-model", options: options, temperature: 1) { specification in
            guard let argument = specification.string("model") else {
                throw AnnotatorError.missingOption(
                    "model", annotator: "reward-model",
                    hint: "the folder of a reward model, such as RUN/final")
            }
            let source = try RewardModelSource(
                argument, view: RewardView(specification), role: "annotator", context: context)
            return RewardModelAnnotator(try source.load(context: context), model: argument)
        }
    }
}
