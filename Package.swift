// swift-tools-version: 6.2
import PackageDescription

/// In CI a warning in our own code is an error.
let strict: [SwiftSetting] = Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

/// A library of this package that is a product too. `scripts/check-layers.sh` knows who may import whom.
func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies,
        swiftSettings: strict)
}

let libraries = [
    library("Tokenization", []),
    library("Checkpoints", ["CZlib"]),
    library("Files", []),
    library(
        "Runs",
        [
            "Files", .product(name: "Crypto", package: "swift-crypto"),
            .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        ]),
    library("Datasets", ["Tokenization", "CZlib"]),
    library("Torch", ["CTorch"]),
    library("TorchNN", ["Torch"]),
    library("LanguageModels", ["TorchNN", "Torch", "Checkpoints"]),
    library(
        "Alignment", ["LanguageModels", "TorchNN", "Torch", "Checkpoints", "Datasets", "Tokenization", "Runs"]),
]

let package = Package(
    name: "heed",
    products: libraries.map { .library(name: $0.name, targets: [$0.name]) },
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
        .target(name: "TestSupport", path: "Tests/TestSupport"),
        tests("LanguageModels", ["Torch"]),
        tests("Alignment", ["Torch", "Datasets"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .gnucxx20
)
