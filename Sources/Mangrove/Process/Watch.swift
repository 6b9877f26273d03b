internal import Synchronization

/// A process's interest in something that changes: the members of a group, the keys of a registry, the messages of a topic.
///
/// What there is to tell arrives as turns of that process. The interest ends with the process, or with ``cancel()``.
///
/// ```swift
/// let watch = try groups.watch("room", as: context.ref(as: Lobby.self)) { lobby, change in lobby.note(change) }.watch
/// watch.cancel()
/// ```
public final class Watch: Sendable {
    private let active = Atomic<Bool>(true)
    private let forget: Lock<(@Sendable () -> Void)?>

    init(_ forget: @escaping @Sendable () -> Void) {
        self.forget = Lock(forget)
    }

    /// Whether it has neither been cancelled nor ended with its process.
    public var isActive: Bool { active.load(ordering: .acquiring) }

    /// Ends the interest: nothing of it arrives after this, not even what was under way.
    /// - Returns: whether it was still active. Source: `erlang:demonitor/2` with `flush`.
    @discardableResult
    public func cancel() -> Bool {
        guard active.exchange(false, ordering: .acquiringAndReleasing) else { return false }
        forget.withLock { $0.take() }?()
        return true
    }

    /// A watch of `process`, which ends with it.
    /// - Parameter forget: takes it out of what it watches.
    static func of(_ process: ProcessCell, _ forget: @escaping @Sendable () -> Void) -> Watch {
        let slot = process.runtime.nextSerial()
        let watch = Watch {
            process.removeRegistration(slot)
            forget()
        }
        if !process.addRegistration(slot, { watch.cancel() }) { watch.cancel() }
        return watch
    }

    /// Hands `event` to the process as a turn, after everything handed to it before. It is a signal: exempt from the
    /// mailbox's bound, so that no change is missed.
    func deliver<Target: ProcessActor & Actor, Event: Sendable>(
        _ event: Event,
        to process: Ref<Target>,
        _ handler: @escaping @Sendable (isolated Target, Event) async throws -> Void
    ) {
        guard isActive else { return }
        process.cell.signal { [self] actor in
            guard isActive else { return }
            try await handler(unsafeDowncast(actor, to: Target.self), event)
        }
    }
}
