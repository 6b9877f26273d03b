public import Mangrove

/// One machine of a simulation: a runtime with a disk, threads and a clock of its own, which can lose its power and get
/// it back.
///
/// ```swift
/// let node = simulation.node("a", skew: ClockSkew(offset: .seconds(-3)))
/// try await node.runtime.start(tree)
/// node.powerOff(.random)          // all its processes are gone, and of what it wrote a part
/// node.powerOn()                  // another runtime, on what the disk kept
/// ```
///
/// In faults, events and traces its processes stand below its name: `a:shop/stock`.
public final class SimulatedNode: Sendable {
    private struct State {
        var runtime: Runtime
        var isOn = true
        var life: Int
    }

    /// What it is called.
    public let name: String
    /// Its disk, which outlives its power.
    public let disk: SimulatedDisk
    /// Its threads for blocking work.
    public let threads: SimulatedThreads
    private let network: SimulatedNetwork
    private let environment: @Sendable () -> RuntimeEnvironment
    private let state: Lock<State>

    init(
        _ name: String,
        _ disk: SimulatedDisk,
        _ threads: SimulatedThreads,
        _ network: SimulatedNetwork,
        _ environment: @escaping @Sendable () -> RuntimeEnvironment
    ) {
        self.name = name
        self.disk = disk
        self.threads = threads
        self.network = network
        self.environment = environment
        state = Lock(State(runtime: Runtime(environment()), life: disk.life))
    }

    /// Its runtime: another one after each ``powerOn()``. That of a machine without power has no living process.
    public var runtime: Runtime { state.withLock { $0.runtime } }

    /// Whether it has power.
    public var isOn: Bool { state.withLock { $0.isOn } }

    /// Takes its power: every process of it is dead, its locks and open files are gone, and its disk keeps what the
    /// policy lets through; see ``SimulatedDisk/crash(_:)``. Does nothing to one that has none.
    ///
    /// A planned ``SimulatedDisk/crash(after:_:)`` takes it as well, at the end of the step in which it happens.
    public func powerOff(_ policy: CrashPolicy) {
        guard isOn else { return }
        disk.crash(policy)
        noticeCrash()
    }

    /// Gives it power: a new runtime, which finds on the disk what it kept. Does nothing to one that has it.
    /// - Returns: the runtime.
    @discardableResult
    public func powerOn() -> Runtime {
        guard !isOn else { return runtime }
        let runtime = Runtime(environment())
        state.withLock { $0 = State(runtime: runtime, life: disk.life) }
        return runtime
    }

    /// Has its processes die with the crash of its disk, if there was one.
    func noticeCrash() {
        let life = disk.life
        let lost = state.withLock { state -> Runtime? in
            guard state.isOn, state.life != life else { return nil }
            state.isOn = false
            return state.runtime
        }
        guard let lost else { return }
        network.lose(name)
        lost.losePower()
    }
}

extension Simulation {
    /// Adds a machine to the simulation; it has power.
    /// - Parameters:
    ///   - name: what it is called, unlike every other; without a colon.
    ///   - disk: keeps its files; an empty one unless given.
    ///   - skew: how its clock goes wrong.
    public func node(_ name: String, disk: SimulatedDisk? = nil, skew: ClockSkew = ClockSkew()) -> SimulatedNode {
        let number = nodes.withLock { UInt64($0.count + 1) }
        let disk = disk ?? SimulatedDisk(seed: seed &+ number &* 0x9E37_79B9_7F4A_7C15)
        let threads = SimulatedThreads(tasks: tasks, clock: clock)
        let node = SimulatedNode(name, disk, threads, network) { [network, environment = environment(of: name, skew)] in
            var environment = environment
            environment.network = network.host(name)
            environment.disk = disk.mount()
            environment.blocking = threads
            return environment
        }
        nodes.withLock { $0.append(node) }
        return node
    }

    private func environment(of name: String, _ skew: ClockSkew) -> RuntimeEnvironment {
        var environment = runtime.environment
        environment.clock = SkewedClock(clock: clock, skew: skew)
        #if DEBUG || MANGROVE_FAULTS
            environment.probe = probe(of: name)
        #endif
        return environment
    }

    /// The runtime that a path leads into, and the path in it.
    func place(of path: String) -> (runtime: Runtime, path: String) {
        guard let colon = path.firstIndex(of: ":") else { return (runtime, path) }
        let node = nodes.withLock { $0.last { $0.name == path[..<colon] } }
        guard let node else { return (runtime, path) }
        return (node.runtime, String(path[path.index(after: colon)...]))
    }
}
