import Mangrove

/// The work of a path, done as often as it is told.
typealias HotPath = @Sendable (_ count: Int) async throws -> Void

/// What is counted, by name.
let hotPaths: [String: HotPath] = [
    "call": callPath,
    "suspending-call": suspendingCallPath,
    "cast": castPath,
    "lookup-of-name": lookupOfNamePath,
    "lookup-of-key": lookupOfKeyPath,
    "child": childPath,
    "append": appendPath,
    "read": readPath,
]

/// How often each path is gone before it counts: what is made at its first use is made by then.
let warmth = 200

/// The process that is called: next to no work of its own.
actor Idle: ProcessActor {
    private var value = 0

    func ping() -> Int { value }
    func pingLater() async -> Int { value }
    func increment() { value &+= 1 }
}

/// Starts `tree`, does `work`, and stops the tree.
func run(_ tree: Supervisor, _ work: (Runtime) async throws -> Void) async throws {
    let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
    try await runtime.start(tree)
    try await work(runtime)
    await runtime.shutdown()
}

/// Keeps the optimiser from leaving out what made `value`.
@inline(never)
func use<Value>(_ value: Value) {
    withExtendedLifetime(value) {}
}
