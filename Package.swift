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
        .target(name: "TorchNN", dependencies: ["Torch"]),
        .testTarget(name: "TorchTests", dependencies: ["CTorch", "Torch"]),
        .testTarget(name: "TorchNNTests", dependencies: ["Torch", "TorchNN"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .gnucxx20
)
