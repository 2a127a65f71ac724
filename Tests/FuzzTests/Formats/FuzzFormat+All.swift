extension FuzzFormat {
    /// Every format that Heed reads. `EntryPointTests` hold the list against the sources.
    static let all: [FuzzFormat] =
        json + weights + configurations + tokenizers + rows + archives + settings + runs + rewards + verifiers
        + corpora + studies + requests + endpoints + stores
}
