// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that Mangrove itself depends on nothing: how its telemetry and lifecycle meet the ecosystem's
// libraries, compiled and tested.

let bridgeSettings: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "bridges",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "mangrove", path: "../.."),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.5.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.8.0"),
    ],
    targets: [
        .target(
            name: "Bridges",
            dependencies: [
                .product(name: "Mangrove", package: "mangrove"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: bridgeSettings
        ),
        .testTarget(
            name: "BridgesTests",
            dependencies: [
                "Bridges",
                .product(name: "Mangrove", package: "mangrove"),
                .product(name: "MangroveTesting", package: "mangrove"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: bridgeSettings
        ),
    ],
    swiftLanguageModes: [.v6]
)
