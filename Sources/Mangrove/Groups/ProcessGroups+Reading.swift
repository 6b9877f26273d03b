extension ProcessGroups {
    /// The members of `group`, in the order in which they joined, each as often as it did. None of them is dead. Source:
    /// `pg:get_members/2`.
    public func members(of group: Group) -> [AnyRef] {
        let members = state.withLock { $0.groups[group] }
        return (members?.list.all ?? []).filter { !$0.isDead }
    }

    /// The members of `group` that are a `Target`.
    ///
    /// ```swift
    /// for worker in workers.members(of: .resize, as: Resizer.self) { try worker.cast { $0.refresh() } }
    /// ```
    public func members<Target: ProcessActor>(of group: Group, as type: Target.Type) -> [Ref<Target>] {
        members(of: group).compactMap { $0.ref(as: type) }
    }

    /// How many memberships `group` has.
    public func count(of group: Group) -> Int {
        state.withLock { $0.groups[group]?.list.count ?? 0 }
    }

    /// The groups that have members, oldest first. Source: `pg:which_groups/1`.
    public var groups: [Group] {
        sorted(state.withLock { $0.groups }).filter { $0.members.contains { !$0.isDead } }.map(\.group)
    }

    private func sorted(_ groups: [Group: Members]) -> [(group: Group, members: [AnyRef])] {
        // A dictionary's order differs from run to run, and a simulated run must not.
        groups.sorted { $0.value.serial < $1.value.serial }.map { ($0.key, $0.value.list.all) }
    }

    /// Tells `process` who joins and leaves `group` from now on: each change is a turn of that process.
    ///
    /// The members returned and the changes told fit together: nothing is missed and nothing is told twice. A list that
    /// joined together is told as one change. Changes are signals, as notices of death are: they come in the order in which
    /// they happened and are exempt from the mailbox's bound. (An asynchronous sequence could not promise that: it has a
    /// bound, or no end to what it keeps, and nothing ends it when its consumer's process does.) An error thrown by
    /// `handler` ends the process; the watch ends with the process. Source: `pg:monitor/2`.
    ///
    /// ```swift
    /// let (members, watch) = try groups.watch("room", as: context.ref(as: Lobby.self)) { lobby, change in
    ///     lobby.note(change)
    /// }
    /// ```
    /// - Returns: who is a member now, and the watch, to take it back.
    @discardableResult
    public func watch<Target: ProcessActor & Actor>(
        _ group: Group,
        as process: Ref<Target>,
        _ handler: @escaping @Sendable (isolated Target, GroupChange<Group>) async throws -> Void
    ) -> (members: [AnyRef], watch: Watch) {
        let serial = runtime.nextSerial()
        let watch = Watch.of(process.cell) { [self] in
            state.withLock { state in
                state.watchers[group]?.removeAll(of: serial)
                if state.watchers[group]?.isEmpty ?? false { state.watchers[group] = nil }
            }
        }
        let watcher = Watcher(watch: watch) { watch, change in watch.deliver(change, to: process, handler) }
        let members = state.withLock { state in
            if watch.isActive { state.watchers[group, default: OwnedList()].append(watcher, of: serial) }
            return state.groups[group]?.list.all ?? []
        }
        return (members, watch)
    }

    /// Tells `process` of every change in every group of this scope; see ``watch(_:as:_:)``. Source: `pg:monitor_scope/1`.
    /// - Returns: all groups with their members now, oldest first, and the watch, to take it back.
    @discardableResult
    public func watchAll<Target: ProcessActor & Actor>(
        as process: Ref<Target>,
        _ handler: @escaping @Sendable (isolated Target, GroupChange<Group>) async throws -> Void
    ) -> (groups: [(group: Group, members: [AnyRef])], watch: Watch) {
        let serial = runtime.nextSerial()
        let watch = Watch.of(process.cell) { [self] in
            state.withLock { state in _ = state.scopeWatchers.removeAll(of: serial) }
        }
        let watcher = Watcher(watch: watch) { watch, change in watch.deliver(change, to: process, handler) }
        let groups = state.withLock { state in
            if watch.isActive { state.scopeWatchers.append(watcher, of: serial) }
            return state.groups
        }
        return (sorted(groups), watch)
    }
}
