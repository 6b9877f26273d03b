import Mangrove
import MangroveTesting

/// A process to which its clients send casts, and which they ask what has arrived.
actor Ledger: ProcessActor {
    private var entries: [Int] = []

    func add(_ entry: Int) { entries.append(entry) }

    func list() -> [Int] { entries }

    static func tree() -> Supervisor {
        Supervisor("soak") {
            Worker("ledger", name: "ledger") { Ledger() }
            Worker("watcher", name: "watcher") { Watcher($0) }
        }
    }
}

/// Sends casts to the ledger of a machine and looks whether all of them were run, once and in order.
struct LedgerClient {
    let number: Int
    private var next = 0
    /// What the present incarnation was sent.
    private var sent: (process: ProcessID?, entries: [Int]) = (nil, [])

    init(_ number: Int) { self.number = number }

    /// Sends some and asks for all.
    /// - Returns: what is wrong, or nil.
    mutating func work(_ runtime: Runtime, _ generator: inout SeededGenerator) async -> String? {
        guard let ledger = try? runtime.address("ledger", of: Ledger.self).resolve() else { return nil }
        if sent.process != ledger.id { sent = (ledger.id, []) }
        do {
            for _ in 0..<Int.random(in: 2..<6, using: &generator) {
                next += 1
                let entry = number << 32 | next
                try ledger.cast { $0.add(entry) }
                sent.entries.append(entry)
            }
            let (mine, number) = (sent.entries, number)
            let found = try await ledger.call { $0.list() }.filter { $0 >> 32 == number }
            return found == mine ? nil : "the ledger has \(found) of the casts \(mine)"
        } catch {
            // It has ended, or is too slow: what it had is not known, and the next one begins anew.
            sent = (nil, [])
            return nil
        }
    }
}
