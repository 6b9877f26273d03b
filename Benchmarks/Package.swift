// swift-tools-version: 6.2
import PackageDescription

let benchmark = Target.Dependency.product(name: "Benchmark", package: "benchmark")
let mangrove = Target.Dependency.product(name: "Mangrove", package: "mangrove")
let store = Target.Dependency.product(name: "MangroveStore", package: "mangrove")
let testing = Target.Dependency.product(name: "MangroveTesting", package: "mangrove")

func benchmarks(_ name: String, with others: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["World", benchmark, mangrove] + others,
        path: "Benchmarks/\(name)",
        plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
    )
}

let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "mangrove", path: "../"),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.0", traits: []),
    ],
    targets: [
        .target(name: "World", dependencies: [benchmark, mangrove], path: "Benchmarks/World"),
        .target(
            name: "StoreWorld",
            dependencies: ["World", benchmark, mangrove, store],
            path: "Benchmarks/StoreWorld"
        ),
        benchmarks("Processes"),
        benchmarks("Savina"),
        benchmarks("Supervision"),
        benchmarks("Registry"),
        benchmarks("Stores", with: ["StoreWorld", store]),
        benchmarks("Recovery", with: ["StoreWorld", store]),
        benchmarks("Simulation", with: [store, testing]),
    ],
    swiftLanguageModes: [.v6]
)
