// swift-tools-version: 6.2
import PackageDescription

/// In CI a warning in our own code is an error.
let strict: [SwiftSetting] = Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

/// A library of this package, which is a product too. `scripts/check-layers.sh` proves who imports whom.
func library(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

/// The tests of a target, and what they need besides it.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies,
        swiftSettings: strict)
}

let libraries = [
    library("Files"),
    library("JSON"),
    library("RandomNumbers"),
    library("Tokenization", ["JSON"]),
    library("Checkpoints", ["JSON", "Files", "CZlib"]),
    library(
        "Runs",
        [
            "JSON", "Files", .product(name: "Crypto", package: "swift-crypto"),
            .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        ],
        exclude: ["TensorBoard/event.proto"]),
    library("Datasets", ["Tokenization", "JSON", "RandomNumbers", "CZlib"]),
    library("Torch", ["CTorch"]),
    library("TorchNN", ["Torch"]),
    library("LanguageModels", ["TorchNN", "Torch", "Checkpoints", "RandomNumbers"]),
    library(
        "Alignment",
        [
            "LanguageModels", "TorchNN", "Torch", "Checkpoints", "Datasets", "Tokenization", "Runs", "Files",
            "JSON",
            "RandomNumbers",
        ]),
    library(
        "Evaluation",
        [
            "Alignment", "LanguageModels", "Torch", "Datasets", "Tokenization", "Runs", "Files",
            "RandomNumbers",
        ]),
    library(
        "Recipes",
        ["Alignment", "Evaluation", "Datasets", "Tokenization", "Torch", "Runs", "Files", "JSON", "Yams"]),
]

let package = Package(
    name: "heed",
    products: libraries.map { .library(name: $0.name, targets: [$0.name]) } + [
        .executable(name: "heed", targets: ["heed"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: libraries + [
        .systemLibrary(name: "CLibTorch", pkgConfig: "libtorch"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
        .target(name: "CTorch", dependencies: ["CLibTorch"]),
        .target(name: "CStartUp"),
        .executableTarget(
            name: "heed",
            dependencies: [
                "CStartUp",
                "Recipes", "Evaluation", "Alignment", "LanguageModels", "Checkpoints", "Datasets", "Files",
                "JSON", "Runs", "Tokenization", "Torch",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "library-example", dependencies: ["LanguageModels", "Tokenization", "Torch"],
            path: "examples/library", swiftSettings: strict),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .target(
            name: "TorchTestSupport", dependencies: ["Torch"], path: "Tests/TorchTestSupport",
            swiftSettings: strict),
        tests("JSON", ["RandomNumbers"]),
        tests("RandomNumbers"),
        tests("Tokenization", ["JSON", "RandomNumbers"]),
        tests("Checkpoints", ["Files", "JSON", "RandomNumbers"]),
        tests("Files"),
        tests("Runs", ["JSON", "RandomNumbers"]),
        tests("Datasets", ["JSON", "RandomNumbers"]),
        tests("Torch", ["CTorch", "TorchTestSupport"]),
        tests("TorchNN", ["Torch", "TorchTestSupport"]),
        tests("LanguageModels", ["Torch"]),
        tests("Alignment", ["Checkpoints", "Datasets", "Runs", "Tokenization", "Torch"]),
        tests("Evaluation", ["JSON", "RandomNumbers"]),
        tests("Recipes", ["Alignment"]),
        tests("heed", ["Alignment", "Recipes"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .gnucxx20
)
