// swift-tools-version: 6.2
import PackageDescription

let houseSettings: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "mangrove",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Mangrove", targets: ["Mangrove"]),
        .library(name: "MangroveStore", targets: ["MangroveStore"]),
        .library(name: "MangroveTesting", targets: ["MangroveTesting"]),
        .executable(name: "grove", targets: ["grove"]),
    ],
    targets: [
        .target(name: "Mangrove", swiftSettings: houseSettings),
        .target(name: "MangroveStore", dependencies: ["Mangrove"], swiftSettings: houseSettings),
        .target(
            name: "MangroveTesting",
            dependencies: ["Mangrove", "MangroveStore"],
            swiftSettings: houseSettings
        ),
        .executableTarget(name: "grove", dependencies: ["Mangrove", "MangroveStore"], swiftSettings: houseSettings),
        .testTarget(
            name: "MangroveTests",
            dependencies: ["Mangrove", "MangroveTesting"],
            exclude: ["Conformance/Cases", "Guides/Transcripts"],
            swiftSettings: houseSettings
        ),
        .testTarget(
            name: "MangroveTestingTests",
            dependencies: ["Mangrove", "MangroveTesting"],
            exclude: ["Transcripts/Golden"],
            swiftSettings: houseSettings
        ),
        .testTarget(
            name: "MangroveStoreTests",
            dependencies: ["Mangrove", "MangroveStore", "MangroveTesting"],
            swiftSettings: houseSettings
        ),
        .testTarget(
            name: "SoakTests",
            dependencies: ["Mangrove", "MangroveStore", "MangroveTesting"],
            swiftSettings: houseSettings
        ),
        .executableTarget(
            name: "hello-world",
            dependencies: ["Mangrove"],
            path: "Tests/HelloWorld",
            swiftSettings: houseSettings
        ),
        .executableTarget(
            name: "program-parent",
            dependencies: ["Mangrove"],
            path: "Tests/ProgramParent",
            swiftSettings: houseSettings
        ),
        .executableTarget(
            name: "starved-program",
            dependencies: ["Mangrove"],
            path: "Tests/StarvedProgram",
            swiftSettings: houseSettings
        ),
        .testTarget(
            name: "GroveTests",
            dependencies: [
                "grove", "hello-world", "program-parent", "starved-program", "Mangrove", "MangroveStore",
                "MangroveTesting",
            ],
            swiftSettings: houseSettings
        ),
    ],
    swiftLanguageModes: [.v6]
)
