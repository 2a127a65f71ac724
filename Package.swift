// swift-tools-version: 6.2
import PackageDescription

/// In CI a warning in our own code is an error.
let strict: [SwiftSetting] = Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

/// A library of this package, which is a product too. `scripts/check-layers.sh` proves who imports whom.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The tests of a target, and what they need besides it.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: strict)
}

let libraries = [
    library("Checkpoints", ["CZlib"]),
    library("Torch", ["CTorch"]),
    library("TorchNN", ["Torch"]),
    library("LanguageModels", ["TorchNN", "Torch", "Checkpoints"]),
    library("Alignment", ["Checkpoints"]),
    library("Recipes", ["Alignment", "Yams"]),
]

let package = Package(
    name: "heed",
    products: libraries.map { .library(name: $0.name, targets: [$0.name]) } + [
        .executable(name: "heed", targets: ["heed"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: libraries + [
        .systemLibrary(name: "CLibTorch", pkgConfig: "libtorch"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
        .target(name: "CTorch", dependencies: ["CLibTorch"]),
        .executableTarget(
            name: "heed",
            dependencies: [
                "Recipes", "Torch", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        tests("Checkpoints"),
        tests("LanguageModels", ["Torch", "TestSupport"]),
        tests("Alignment"),
        tests("Recipes"),
        tests("heed"),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .gnucxx20
)
