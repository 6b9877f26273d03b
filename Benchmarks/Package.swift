// swift-tools-version: 6.2
import PackageDescription

let benchmark = Target.Dependency.product(name: "Benchmark", package: "benchmark")
let mangrove = Target.Dependency.product(name: "Mangrove", package: "mangrove")

func benchmarks(_ name: String, with products: [String] = []) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["World", benchmark, mangrove] + products.map { .product(name: $0, package: "mangrove") },
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
        benchmarks("Processes"),
        benchmarks("Supervision"),
        benchmarks("Registry"),
        benchmarks("Stores", with: ["MangroveStore"]),
        benchmarks("Simulation", with: ["MangroveStore", "MangroveTesting"]),
    ],
    swiftLanguageModes: [.v6]
)
