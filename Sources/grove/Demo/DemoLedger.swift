import Mangrove
import MangroveStore

/// What was acknowledged, as the client heard it: the only thing the stores are later judged by.
final class DemoLedger: Sendable {
    /// One acknowledged event.
    struct Entry: Sendable {
        var stream: String
        var version: Int
        var position: Int
        var data: [UInt8]
    }

    private struct Book {
        var entries: [EventKey: Entry] = [:]
        var slowest = Duration.zero
        var failures: [String] = []
        var retried = 0
    }

    private let books = Lock<[String: Book]>([:])

    /// Notes an acknowledgement: the events of one append follow each other in stream and store.
    func acknowledge(_ store: String, _ events: [NewEvent], _ result: AppendResult, after latency: Duration) {
        guard let last = result.position else { return }
        books.withLock { books in
            for (offset, event) in events.reversed().enumerated() {
                books[store, default: Book()].entries[EventKey(stream: result.stream, id: event.id)] = Entry(
                    stream: result.stream,
                    version: result.version - offset,
                    position: last - offset,
                    data: event.data
                )
            }
            books[store, default: Book()].slowest = max(books[store]?.slowest ?? .zero, latency)
        }
    }

    /// Notes an append that failed for good.
    func fail(_ store: String, _ error: any Error) {
        books.withLock { $0[store, default: Book()].failures.append("\(error)") }
    }

    /// Notes that an append whose outcome was open was made again with the same ids.
    func retry(_ store: String) {
        books.withLock { $0[store, default: Book()].retried += 1 }
    }

    /// Starts a new measurement of the slowest append.
    func resetLatency() {
        books.withLock { books in for store in books.keys { books[store]?.slowest = .zero } }
    }

    func acknowledged(_ store: String) -> Int { books.withLock { $0[store]?.entries.count ?? 0 } }

    func slowest(_ store: String) -> Duration { books.withLock { $0[store]?.slowest ?? .zero } }

    func retried(_ store: String) -> Int { books.withLock { $0[store]?.retried ?? 0 } }

    var failures: [String] { books.withLock { $0.values.flatMap(\.failures) } }

    func entries(_ store: String) -> [EventKey: Entry] { books.withLock { $0[store]?.entries ?? [:] } }
}

/// Identifies an event in a store: ids are unique within their stream only.
struct EventKey: Hashable, Sendable {
    var stream: String
    var id: EventID
}
