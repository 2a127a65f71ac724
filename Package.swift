// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "heed",
    products: [],
    dependencies: [],
    targets: [
        .systemLibrary(name: "CLibTorch", pkgConfig: "libtorch"),
        .target(name: "CTorch", dependencies: ["CLibTorch"]),
        .target(name: "Torch", dependencies: ["CTorch"]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
        .target(name: "Checkpoints", dependencies: ["CZlib"]),
        .target(name: "TorchNN", dependencies: ["Torch"]),
        .target(name: "LanguageModels", dependencies: ["TorchNN", "Torch", "Checkpoints"]),
        .target(name: "TestSupport", path: "Tests/TestSupport"),
        .testTarget(name: "LanguageModelsTests", dependencies: ["LanguageModels", "Torch", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .gnucxx20
)
