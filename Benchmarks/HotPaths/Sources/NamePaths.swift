import Mangrove

let lookupOfNamePath: HotPath = { count in
    try await run(Supervisor { Worker("idle", name: "idle") { Idle() } }) { runtime in
        let idle = runtime.address("idle", of: Idle.self)
        for _ in 0..<warmth + count { use(try idle.resolve()) }
    }
}

let lookupOfKeyPath: HotPath = { count in
    let names = Registry<String, Void>()
    try await run(Supervisor { Worker("idle") { Idle() }.registered("idle", in: names) }) { _ in
        for _ in 0..<warmth + count { use(names.find("idle", as: Idle.self)) }
    }
}
