public import Synchronization

/// The door of a process: one word that says whether it may be entered and how many are inside.
///
/// Who wants to touch the actor takes a *pin* first and gives it back afterwards. The actor is released when the process is
/// dead and the last pin is gone, so that neither a kept ``Ref`` nor two processes that know each other keep dead actors
/// alive.
///
/// ```
///  bit 63 dead   bit 62 closed (starting, stopping or dead)   bit 61 released   bit 60 opened, ever   bits 0-31 pins
/// ```
@usableFromInline
struct ProcessGate: ~Copyable, Sendable {
    @usableFromInline static let closed: UInt64 = 1 << 62
    @usableFromInline static let dead: UInt64 = 1 << 63
    @usableFromInline static let released: UInt64 = 1 << 61
    @usableFromInline static let opened: UInt64 = 1 << 60
    @usableFromInline static let pins: UInt64 = (1 << 32) - 1

    @usableFromInline let word: Atomic<UInt64>

    /// A gate that is closed until ``open()``.
    init() {
        word = Atomic(Self.closed)
    }

    /// Takes a pin if the process may be entered.
    @inlinable
    func enter() -> Entry {
        if word.wrappingAdd(1, ordering: .acquiring).oldValue & (Self.closed | Self.dead) == 0 { return .entered }
        return leave() ? .refusedAndLast : .refused
    }

    @usableFromInline
    enum Entry {
        case entered
        case refused
        /// Refused, and the caller must release the actor as ``leave()`` says.
        case refusedAndLast
    }

    /// Takes a pin whatever the state; only while the process is known not to be dead.
    func pin() {
        word.wrappingAdd(1, ordering: .acquiring)
    }

    /// Gives a pin back.
    /// - Returns: whether the process is dead and this was the last pin: the actor must now be released, by the caller.
    @inlinable
    func leave() -> Bool {
        let now = word.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue
        return now & (Self.dead | Self.released | Self.pins) == Self.dead && claimRelease(now)
    }

    /// Whether the process may be entered.
    @inlinable
    var isOpen: Bool { word.load(ordering: .acquiring) & (Self.closed | Self.dead) == 0 }

    /// Whether callers have been let in, be it that they are not any more.
    @inlinable
    var hasOpened: Bool { word.load(ordering: .acquiring) & Self.opened != 0 }

    /// Whether the process is dead.
    @inlinable
    var isDead: Bool { word.load(ordering: .acquiring) & Self.dead != 0 }

    /// Whether the process is dead and nobody is inside any more.
    var isReleased: Bool { word.load(ordering: .acquiring) & Self.released != 0 }

    /// How many are inside.
    var occupants: Int { Int(word.load(ordering: .relaxed) & Self.pins) }

    /// Lets callers in.
    func open() {
        word.bitwiseOr(Self.opened, ordering: .relaxed)
        word.bitwiseAnd(~Self.closed, ordering: .releasing)
    }

    /// Keeps further callers out.
    func close() {
        word.bitwiseOr(Self.closed, ordering: .acquiringAndReleasing)
    }

    /// Closes the gate if nobody is inside.
    func closeIfEmpty() -> Bool {
        word.compareExchange(
            expected: Self.opened,
            desired: Self.opened | Self.closed,
            ordering: .acquiringAndReleasing
        ).exchanged
    }

    /// Marks the process dead.
    /// - Returns: whether nobody is inside: the actor must now be released, by the caller.
    func die() -> Bool {
        let now = word.bitwiseOr(Self.dead | Self.closed, ordering: .acquiringAndReleasing).newValue
        return now & (Self.released | Self.pins) == 0 && claimRelease(now)
    }

    /// Exactly one of those who see the last pin go gets to release the actor.
    @usableFromInline
    func claimRelease(_ seen: UInt64) -> Bool {
        word.compareExchange(expected: seen, desired: seen | Self.released, ordering: .acquiringAndReleasing).exchanged
    }
}
