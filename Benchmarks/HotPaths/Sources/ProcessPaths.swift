import Mangrove

/// More than are ever sent: what is counted is not the refusal.
private let roomyMailbox = 1_000_000
private let server = Supervisor { Worker("idle", name: "idle", mailboxLimit: roomyMailbox) { Idle() } }

let callPath: HotPath = { count in
    try await run(server) { runtime in
        let idle = try runtime.address("idle", of: Idle.self).resolve()
        for _ in 0..<warmth + count { use(try await idle.call { $0.ping() }) }
    }
}

let suspendingCallPath: HotPath = { count in
    try await run(server) { runtime in
        let idle = try runtime.address("idle", of: Idle.self).resolve()
        for _ in 0..<warmth + count { use(try await idle.call { await $0.pingLater() }) }
    }
}

/// Casts to a process that is held by a turn, and then runs them all in one go: whether it would begin with them before or
/// after the last is sent is chance, and would be half of the count.
let castPath: HotPath = { count in
    try await run(server) { runtime in
        let idle = try runtime.address("idle", of: Idle.self).resolve()
        let (starts, started) = AsyncStream.makeStream(of: Void.self)
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let (ends, ended) = AsyncStream.makeStream(of: Void.self)
        try idle.cast { _ in
            started.finish()
            for await _ in gate {}
        }
        for await _ in starts {}
        for _ in 0..<warmth + count { try idle.cast { $0.increment() } }
        try idle.cast { _ in ended.finish() }
        opener.finish()
        for await _ in ends {}
    }
}

/// The start and the end of a dynamic child.
let childPath: HotPath = { count in
    try await run(Supervisor { DynamicSupervisor("pool", name: "pool") }) { runtime in
        let pool = try runtime.address("pool", of: DynamicSupervisorProcess.self).resolve()
        let child = Worker("idle") { Idle() }
        for _ in 0..<warmth + count {
            if let id = try await pool.startChild(child) as ProcessID? { try await pool.terminateChild(id) }
        }
    }
}
