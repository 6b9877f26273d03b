/// Groups of processes: anyone may join any process to any group, and everyone finds the members.
///
/// A group exists while it has members. A process that joins several times is a member several times, and leaves as often.
/// Whoever learns of a member's death finds it in no group. Joining and leaving cost the same however many members there
/// are. After OTP's `pg`; each value of this type is a scope of its own, and a process can be in groups of several. Unlike
/// there, a scope is no process that could crash and forget its members.
///
/// Where processes share a key *with a value of their own*, use ``DuplicateRegistry``; to tell many something, ``PubSub``.
///
/// ```swift
/// let workers = ProcessGroups<JobKind>(in: runtime)
/// try workers.join(.resize, context.ref(as: Resizer.self))
/// let all = workers.members(of: .resize, as: Resizer.self)
/// ```
public final class ProcessGroups<Group: Hashable & Sendable>: Sendable {
    struct Watcher: Sendable {
        let watch: Watch
        let deliver: @Sendable (Watch, GroupChange<Group>) -> Void
    }

    struct Members: Sendable {
        /// Grows from one group to the next.
        let serial: UInt64
        var list = OwnedList<ProcessID, AnyRef>()
    }

    struct State: Sendable {
        var groups: [Group: Members] = [:]
        var owners = KeyOwners<Group>()
        /// By the number of the watch.
        var watchers: [Group: OwnedList<UInt64, Watcher>] = [:]
        var scopeWatchers = OwnedList<UInt64, Watcher>()

        /// Tells whoever wants to know; inside the lock, so that changes are told in the order in which they happened.
        func tell(_ change: GroupChange<Group>) {
            for watcher in watchers[change.group]?.all ?? [] { watcher.deliver(watcher.watch, change) }
            for watcher in scopeWatchers.all { watcher.deliver(watcher.watch, change) }
        }
    }

    let runtime: Runtime
    let state = Lock(State())

    /// Makes a scope without groups.
    public init(in runtime: Runtime) {
        self.runtime = runtime
    }

    /// Makes `process` a member of `group`, once more if it is one.
    /// - Throws: ``GroupError``; nothing has changed then.
    public func join<Target: ProcessActor>(_ group: Group, _ process: Ref<Target>) throws(GroupError) {
        try join(group, [AnyRef(process)])
    }

    /// Makes all of `processes` members of `group` in one step: nobody sees some of them only. Source: `pg:join/3`.
    /// - Throws: ``GroupError/noProcess(_:)`` or ``GroupError/otherRuntime(_:)`` for one of them; none has joined then.
    public func join(_ group: Group, _ processes: [AnyRef]) throws(GroupError) {
        guard !processes.isEmpty else { return }
        let problem = state.withLock { state -> GroupError? in
            for (place, process) in processes.enumerated() {
                var problem: GroupError?
                if process.cell.runtime !== runtime {
                    problem = .otherRuntime(process.id)
                } else if process.isDead || !state.owners.add(group, of: process.cell, release: release(process)) {
                    problem = .noProcess(process.id)
                }
                guard let problem else { continue }
                for joined in processes[..<place] { state.owners.remove(group, of: joined.cell) }
                return problem
            }
            let serial = runtime.nextSerial()
            for process in processes {
                state.groups[group, default: Members(serial: serial)].list.append(process, of: process.id)
            }
            state.tell(GroupChange(group: group, kind: .joined, members: processes))
            return nil
        }
        if let problem { throw problem }
    }

    /// Ends one membership of `process` in `group`.
    /// - Throws: ``GroupError/notJoined``.
    public func leave<Target: ProcessActor>(_ group: Group, _ process: Ref<Target>) throws(GroupError) {
        try leave(group, [AnyRef(process)])
    }

    /// Ends one membership in `group` for each mention in `processes`, in one step. Those that are no members are passed
    /// over, since a member may end at any time. Source: `pg:leave/3`.
    /// - Throws: ``GroupError/notJoined`` if none was a member.
    public func leave(_ group: Group, _ processes: [AnyRef]) throws(GroupError) {
        guard !processes.isEmpty else { return }
        let left = state.withLock { state -> [AnyRef] in
            let left = processes.filter { process in
                guard state.groups[group]?.list.removeLast(of: process.id) != nil else { return false }
                state.owners.remove(group, of: process.cell)
                return true
            }
            state.forgetIfEmpty(group)
            if !left.isEmpty { state.tell(GroupChange(group: group, kind: .left, members: left)) }
            return left
        }
        if left.isEmpty { throw .notJoined }
    }

    /// Takes a process that has ended out of everything, before anyone learns that it has.
    private func release(_ process: AnyRef) -> @Sendable () -> Void {
        { [self] in
            state.withLock { state in
                for group in state.owners.removeAll(of: process.id) {
                    let left = state.groups[group]?.list.removeAll(of: process.id) ?? []
                    state.forgetIfEmpty(group)
                    if !left.isEmpty { state.tell(GroupChange(group: group, kind: .left, members: left)) }
                }
            }
        }
    }
}

extension ProcessGroups.State {
    mutating func forgetIfEmpty(_ group: Group) {
        if groups[group]?.list.isEmpty ?? false { groups[group] = nil }
    }
}

/// Processes that joined or left a group together.
public struct GroupChange<Group: Hashable & Sendable>: Sendable {
    /// What they did.
    public enum Kind: Sendable, Hashable {
        /// They are members now.
        case joined
        /// They are members no longer: they left, or ended.
        case left
    }

    /// The group.
    public var group: Group
    /// What happened.
    public var kind: Kind
    /// Who: each as often as it joined or left.
    public var members: [AnyRef]
}

/// Why a group was not joined or left.
public enum GroupError: Error, Sendable, Equatable {
    /// The process has ended.
    case noProcess(ProcessID)
    /// The process lives in another runtime, which must join it itself. OTP's `nolocal`.
    case otherRuntime(ProcessID)
    /// None of the processes is a member.
    case notJoined
}
