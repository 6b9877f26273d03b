import Mangrove

/// Lets one engine at a time have a store's files, within one program.
///
/// A killed engine may still be inside a write that nothing can interrupt. Its successor waits here until that write has
/// returned, so that two never write to one log.
final class DirectoryLeases: Sendable {
    private struct Queue {
        var waiting: [UnsafeContinuation<Void, Never>] = []
    }

    private let held = Lock<[String: Queue]>([:])

    /// Waits for the directory, first come, first served.
    func take(_ directory: String) async -> DirectoryLease {
        await withUnsafeContinuation { continuation in
            let free = held.withLock { held -> Bool in
                if held[directory] == nil {
                    held[directory] = Queue()
                    return true
                }
                held[directory]?.waiting.append(continuation)
                return false
            }
            if free { continuation.resume() }
        }
        return DirectoryLease(directory, self)
    }

    fileprivate func giveBack(_ directory: String) {
        let next = held.withLock { held -> UnsafeContinuation<Void, Never>? in
            guard var queue = held[directory], !queue.waiting.isEmpty else {
                held[directory] = nil
                return nil
            }
            let next = queue.waiting.removeFirst()
            held[directory] = queue
            return next
        }
        next?.resume()
    }
}

/// The right to a store's files.
final class DirectoryLease: Sendable {
    private let directory: String
    private let leases: DirectoryLeases
    private let isHeld = Lock(true)

    fileprivate init(_ directory: String, _ leases: DirectoryLeases) {
        self.directory = directory
        self.leases = leases
    }

    /// Gives it back. Twice is fine.
    func release() {
        let wasHeld = isHeld.withLock { held -> Bool in
            defer { held = false }
            return held
        }
        if wasHeld { leases.giveBack(directory) }
    }
}
