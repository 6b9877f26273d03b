/// A process that does nothing but keep a state for others to read and change.
///
/// For state that several processes share and that needs no behaviour of its own; for one that has, write a
/// ``ProcessActor``. When it is restarted its state is made anew by the closure, and what it had learnt is gone. Reach it
/// through a ``Ref`` or ``Address`` of ``AgentProcess``, with `get`, `update`, `getAndUpdate` and `castUpdate`. After
/// Elixir's `Agent`; defaults are its: permanent, 5 seconds to stop.
///
/// ```swift
/// try await runtime.start(Supervisor { Agent("counts", name: "counts") { [String: Int]() } })
/// let counts = runtime.address("counts", of: AgentProcess<[String: Int]>.self)
/// try await counts.update { $0["apples", default: 0] += 1 }
/// let apples = try await counts.get { $0["apples"] }
/// ```
public struct Agent<State: Sendable>: Child {
    /// How to start and treat it.
    public let spec: ChildSpec

    /// Describes an agent.
    /// - Parameters:
    ///   - id: tells it from its siblings.
    ///   - name: registered while it lives.
    ///   - restart: when it is restarted.
    ///   - shutdown: how it is stopped.
    ///   - mailboxLimit: how many messages may wait for it.
    ///   - state: makes the state, at every start; throwing is a failed start.
    public init(
        _ id: ChildID = "agent",
        name: ProcessName? = nil,
        restart: RestartType = .permanent,
        shutdown: ShutdownPolicy = .within(.seconds(5)),
        mailboxLimit: Int = 100_000,
        state: @escaping @Sendable () throws -> State
    ) {
        spec =
            Worker(id, name: name, restart: restart, shutdown: shutdown, mailboxLimit: mailboxLimit) {
                AgentProcess(try state())
            }.spec
    }
}

/// The process behind an ``Agent``.
public actor AgentProcess<State: Sendable>: ProcessActor {
    /// The state; nil only while a turn that suspends has it.
    private var state: State?

    init(_ state: State) {
        self.state = state
    }

    func use<Result>(_ body: (inout State) throws -> Result) throws -> Result {
        guard var taken = state.take() else { throw CallError.noProcess("agent") }
        defer { state = taken }
        return try body(&taken)
    }

    func use<Result: Sendable>(_ body: (inout State) async throws -> Result) async throws -> Result {
        guard var taken = state.take() else { throw CallError.noProcess("agent") }
        defer { state = taken }
        return try await body(&taken)
    }
}
