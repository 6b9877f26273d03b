// swift-tools-version: 6.2
import PackageDescription

// Beside the benchmarks and without their library, so that CI builds nothing but the program and what it counts.
let package = Package(
    name: "hot-paths",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "mangrove", path: "../../")],
    targets: [
        .executableTarget(
            name: "hot-paths",
            dependencies: [
                .product(name: "Mangrove", package: "mangrove"),
                .product(name: "MangroveStore", package: "mangrove"),
            ],
            path: "Sources"
        )
    ],
    swiftLanguageModes: [.v6]
)
