// swift-tools-version: 6.2
import PackageDescription

/// In CI a warning in our own code is an error.
let strict: [SwiftSetting] = Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

/// A library of this package, which is a product too. `scripts/check-layers.sh` proves who imports whom.
func library(
    _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []
) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// The tests of a target, and what they need besides it.
func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies,
        exclude: exclude, swiftSettings: strict)
}

let libraries = [
    library("Errors"),
    library("Files", ["Errors", "CZlib"]),
    library("JSON"),
    library("Hashing", ["CCrypto"]),
    library("RandomNumbers"),
    library("Statistics"),
    library("Charts", ["Statistics"]),
    library("Tokenization", ["Errors", "JSON"]),
    library("Checkpoints", ["Errors", "JSON", "Files"]),
    library("Runs", ["Errors", "JSON", "Files", "Hashing"]),
    library("Datasets", ["Errors", "Tokenization", "JSON", "RandomNumbers", "Files", "Hashing"]),
    library(
        "Feedback",
        [
            "Errors", "Datasets", "JSON", "RandomNumbers", "Statistics", "Files", "Hashing",
            "Runs", .product(name: "GRDB", package: "GRDB.swift"),
        ]),
    library(
        "FeedbackServer",
        [
            "Errors", "Feedback", "JSON", "Datasets", "Tokenization", "Statistics", "Charts", "Hashing",
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "Mustache", package: "swift-mustache"),
            .product(name: "NIOCore", package: "swift-nio"),
        ],
        resources: [.embedInCode("Assets")]),
    library("Torch", ["Errors", "CTorch"]),
    library("TorchNN", ["Torch"]),
    library("LanguageModels", ["Errors", "TorchNN", "Torch", "Checkpoints", "RandomNumbers"]),
    library("Settings", ["Errors", "Yams"]),
    library(
        "Endpoints",
        [
            "Errors", "JSON", .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
        ]),
    library(
        "Models",
        [
            "Errors", "Settings", "LanguageModels", "Torch", "Checkpoints", "Datasets", "Tokenization",
            "Runs", "Files",
            "JSON",
        ]),
    library("Serving", ["Models", "LanguageModels", "Datasets", "Tokenization"]),
    library(
        "Rewards",
        [
            "CProcess", "Endpoints", "Errors", "Models", "Settings", "LanguageModels", "Torch", "Checkpoints",
            "Datasets",
            "Tokenization",
            "RandomNumbers", "Statistics", "Files", "JSON",
        ]),
    library(
        "Training",
        [
            "Errors", "Rewards", "Models", "Settings", "LanguageModels", "TorchNN", "Torch", "Checkpoints",
            "Datasets",
            "Tokenization", "Runs", "RandomNumbers", "Statistics", "Charts", "Files", "JSON",
        ]),
    library(
        "Methods",
        [
            "Endpoints", "Errors", "Training", "Rewards", "Models", "Settings", "LanguageModels", "Torch",
            "Checkpoints", "Datasets",
            "Tokenization", "Runs", "RandomNumbers", "Statistics", "Charts", "Files", "JSON", "Hashing",
        ]),
    library(
        "Doctor",
        [
            "Errors", "Methods", "Training", "Models", "Settings", "LanguageModels", "Torch", "Datasets",
            "Tokenization", "Runs", "Files", "JSON", "Statistics",
        ]),
    library(
        "Evaluation",
        [
            "Training", "Rewards", "Models", "Settings", "Feedback", "Statistics", "Charts", "LanguageModels",
            "Torch", "Datasets", "Tokenization", "Runs", "Files", "JSON", "RandomNumbers",
        ]),
    library(
        "Verbs",
        [
            "Methods", "Evaluation", "Training", "Rewards", "Models", "Settings", "Feedback",
            "LanguageModels", "Torch", "Checkpoints", "Datasets", "Tokenization", "Runs", "RandomNumbers",
            "Statistics", "Charts", "Files", "JSON", "Yams",
        ]),
    library(
        "Recipes",
        [
            "Errors", "Verbs", "Evaluation", "Training", "Settings", "Models", "Feedback", "Datasets", "Runs",
            "RandomNumbers", "Statistics", "Files", "Yams",
        ]),
]

let package = Package(
    name: "heed",
    // `Mutex` and `Atomic`; libtorch's own minimum is 14.
    platforms: [.macOS(.v15)],
    products: libraries.map { .library(name: $0.name, targets: [$0.name]) } + [
        .executable(name: "heed", targets: ["heed"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // Without its reader of configuration files, whose 20,000 lines nobody here calls.
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1",
            traits: ["FullFoundation"]),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: libraries + [
        .systemLibrary(name: "CLibTorch", pkgConfig: "libtorch"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.brew(["openssl@3"])]),
        .target(
            name: "CTorch", dependencies: ["CLibTorch"],
            // libtorch's headers then bring the operations that a file names, and not all of them.
            cxxSettings: [.define("AT_PER_OPERATOR_HEADERS")]),
        .target(name: "CStartUp"),
        .target(name: "CProcess"),
        .executableTarget(
            name: "heed",
            dependencies: [
                "CStartUp", "Errors", "Recipes", "Verbs", "Doctor", "Serving", "Evaluation", "Methods",
                "Training",
                "Rewards", "Models", "Settings", "Feedback", "FeedbackServer", "LanguageModels",
                "Datasets", "Files", "JSON", "Runs", "Statistics", "Tokenization", "Torch",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "library-example", dependencies: ["LanguageModels", "Tokenization", "Torch"],
            path: "examples/library", packageAccess: false, swiftSettings: strict),
        .executableTarget(
            name: "label-robot", dependencies: ["WebDriver"], path: "examples/label-robot",
            swiftSettings: strict),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .target(
            name: "WebDriver", dependencies: ["JSON"], path: "Tests/WebDriver", swiftSettings: strict),
        .target(
            name: "TorchTestSupport", dependencies: ["Torch"], path: "Tests/TorchTestSupport",
            swiftSettings: strict),
        .target(
            name: "RunTestSupport",
            dependencies: ["Methods", "Training", "Rewards", "Models", "Settings", "Runs", "TestSupport"],
            path: "Tests/RunTestSupport",
            swiftSettings: strict),
        tests("JSON", ["RandomNumbers"]),
        tests("Hashing", ["JSON"]),
        tests("RandomNumbers"),
        tests("Statistics", ["RandomNumbers"]),
        tests("Charts", ["Statistics"]),
        tests("Tokenization", ["JSON", "RandomNumbers"]),
        tests("Checkpoints", ["Files", "JSON", "RandomNumbers"]),
        tests("Files"),
        tests(
            "Runs", ["JSON", "RandomNumbers", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["TensorBoard/event.proto"]),
        tests("Datasets", ["Files", "JSON", "RandomNumbers"]),
        tests(
            "Feedback",
            [
                "Datasets", "Files", "JSON", "RandomNumbers", "Statistics", "Tokenization",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        tests(
            "FeedbackServer",
            [
                "Feedback", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ]),
        .testTarget(
            name: "BrowserTests",
            dependencies: [
                "Datasets", "Feedback", "FeedbackServer", "JSON", "TestSupport", "Tokenization", "WebDriver",
                .product(name: "Hummingbird", package: "hummingbird"),
            ], swiftSettings: strict),
        tests("Torch", ["CTorch", "TorchTestSupport"]),
        tests("TorchNN", ["Torch", "TorchTestSupport"]),
        tests("LanguageModels", ["Torch"]),
        tests("Settings", ["Methods"]),
        tests("Models", ["Checkpoints", "Files", "JSON", "RunTestSupport", "Tokenization"]),
        tests("Endpoints", ["JSON"]),
        tests("Rewards", ["RunTestSupport"]),
        tests("Training", ["RunTestSupport", "Methods"]),
        tests("Methods", ["RunTestSupport", "Checkpoints", "TorchTestSupport", "Endpoints"]),
        tests("Doctor", ["RunTestSupport"]),
        tests("Serving", ["RunTestSupport"]),
        tests("Evaluation", ["RunTestSupport"]),
        tests("Verbs", ["Methods", "RunTestSupport"]),
        tests("Recipes"),
        // As a user of the library sees it.
        .testTarget(
            name: "LibraryTests", dependencies: ["Verbs", "RunTestSupport"], packageAccess: false,
            swiftSettings: strict),
        // Damaged files of every format, through the ways in that users' files take.
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "Charts", "Checkpoints", "Datasets", "Doctor", "Endpoints", "Errors", "Feedback",
                "FeedbackServer", "Files",
                "Hashing", "JSON", "LanguageModels", "Methods", "Models", "RandomNumbers", "Recipes",
                "Rewards",
                "Runs", "Settings", "Statistics", "Tokenization", "Torch", "Training", "Verbs", "TestSupport",
            ], swiftSettings: strict),
        tests(
            "heed",
            ["Datasets", "Feedback", "JSON", "RandomNumbers", "Recipes", "Runs", "Verbs", "WebDriver"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .gnucxx20
)

// `HEED_LEAVES=1` keeps the lowest targets and their tests alone, without other packages: what `make test-leaves` builds.
if Context.environment["HEED_LEAVES"] != nil {
    let leaves = [
        "Errors", "Files", "JSON", "Hashing", "RandomNumbers", "Statistics", "Charts", "Tokenization",
        "Checkpoints",
        "Datasets",
    ]
    let kept = Set(leaves + leaves.map { $0 + "Tests" } + ["CZlib", "CCrypto", "TestSupport"])
    package.targets.removeAll { !kept.contains($0.name) }
    package.products.removeAll { !kept.contains($0.name) }
    package.dependencies = []
}
