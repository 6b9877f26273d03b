/// Decides what a migration does next.
///
/// ```
///  began ──▶ read ──page──▶ append ──appended──▶ note ──noted──▶ read …
///             ▲               (nothing to copy: note, or none)      │
///             │                                                     ▼ at the end
///             └───────────── pause (if it follows) ◀──────── caught up ──▶ done
/// ```
///
/// The place that has been come to is noted only once everything before it is durable in the target: after a crash some
/// events are read again, and found to be there by their ids.
struct MigrationMachine: Sendable {
    enum Event: Sendable {
        /// The place that was noted by an earlier run.
        case began(next: Int)
        /// What was read, and how many events the source has.
        case page(EventPage, count: Int)
        case appended
        case noted
        case paused
    }

    enum Effect: Sendable, Equatable {
        case read(from: Int)
        /// To be appended in order.
        case append([RecordedBatch])
        /// Where to go on from after a crash.
        case note(next: Int)
        case pause
        case report
        case done
    }

    /// Bytes of events in a batch from which on another one is begun, whatever their time.
    static let batchBytes = 8 << 20

    private let request: MigrationRequest
    private(set) var state = MigrationReport()
    private var noted = 0
    private var isAtEnd = false

    init(_ request: MigrationRequest) {
        self.request = request
    }

    mutating func handle(_ event: Event) -> [Effect] {
        switch event {
        case .began(let next):
            state.next = next
            noted = next
            return [.read(from: next)]
        case .page(let page, let count):
            let events = page.events.filter { request.streams.matches($0.stream) }
            state.next = max(state.next, page.next)
            state.lag = page.isAtEnd ? 0 : max(0, count - state.next)
            isAtEnd = page.isAtEnd
            guard !events.isEmpty else { return goOn() }
            state.events += events.count
            state.erased += events.count { $0.isErased }
            return [.append(Self.batches(of: events))]
        case .appended:
            return goOn()
        case .noted:
            noted = state.next
            return goOn()
        case .paused:
            return [.read(from: state.next)]
        }
    }

    /// Everything before the place is in the target.
    private mutating func goOn() -> [Effect] {
        if noted != state.next { return [.report, .note(next: state.next)] }
        if !isAtEnd { return [.read(from: state.next)] }
        return request.follows ? [.report, .pause] : [.report, .done]
    }

    /// The events in order, those of one time together.
    static func batches(of events: [RecordedEvent]) -> [RecordedBatch] {
        var batches: [RecordedBatch] = []
        var bytes = 0
        for event in events {
            let size = event.data.count + (event.metadata?.count ?? 0)
            if batches.last?.created != event.created || bytes + size > batchBytes {
                batches.append(RecordedBatch(created: event.created, parts: []))
                bytes = 0
            }
            bytes += size
            batches[batches.count - 1].add(event.asNew, to: event.stream)
        }
        return batches
    }
}
