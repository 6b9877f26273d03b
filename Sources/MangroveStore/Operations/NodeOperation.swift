import Mangrove

/// What a node does for a while, at somebody's request.
public enum OperationRequest: Sendable, Equatable {
    /// A backup.
    case backUp(BackupRequest)
    /// A restore.
    case restore(RestoreRequest)
    /// A migration from one store to another.
    case migrate(MigrationRequest)
}

/// How far an operation has come.
public struct OperationProgress: Sendable, Equatable {
    /// What it is busy with: a store.
    public var subject = ""
    /// How much is done: bytes, of a migration events.
    public var done = 0
    /// How much there is to do, as far as that is known.
    public var total = 0

    /// Nothing done yet.
    public init() {}

    /// Says how far it has come.
    public init(subject: String, done: Int, total: Int) {
        self.subject = subject
        self.done = done
        self.total = total
    }
}

/// What an operation has to say while it goes on, and at its end.
public enum OperationUpdate: Sendable, Equatable {
    /// It has come so far. Only the newest is kept for whoever is slow to take it.
    case progress(OperationProgress)
    /// The backup is there, whole and durable. Nothing comes after it.
    case backedUp(BackupReport)
    /// The stores are there, verified and durable. Nothing comes after it.
    case restored(RestoreReport)
    /// The migration has come to its end. Nothing comes after it.
    case migrated(MigrationReport)

    /// Whether nothing comes after it.
    var isLast: Bool {
        if case .progress = self { false } else { true }
    }
}

/// An operation of a node: it begins when it is iterated, and goes on for as long as it is.
///
/// Its updates end with its report. Cancelling the iterating task, or letting go of the iterator, ends the operation where
/// it is; so does the loss of the connection, where it was asked for over one.
///
/// ```swift
/// for try await update in gateway.backUp(BackupRequest(to: "/backups/orders")) { print(update) }
/// ```
public struct NodeOperation: AsyncSequence, Sendable {
    /// One update at a time.
    public typealias Element = OperationUpdate

    let begin: @Sendable () async throws -> any OperationFeed

    init(begin: @escaping @Sendable () async throws -> any OperationFeed) {
        self.begin = begin
    }

    /// Makes an operation of which it is known what it says, for somebody's own gateway.
    /// - Parameter error: what it fails with after that; nil if its last update is its report.
    public init(saying updates: [OperationUpdate], failingWith error: StoreError? = nil) {
        begin = {
            let script = OperationScript(updates, error)
            return script
        }
    }

    /// Begins it.
    public func makeAsyncIterator() -> Iterator {
        Iterator(begin: begin)
    }

    /// An operation under way.
    public struct Iterator: AsyncIteratorProtocol {
        private let begin: @Sendable () async throws -> any OperationFeed
        private var hold: OperationHold?
        private var isOver = false

        init(begin: @escaping @Sendable () async throws -> any OperationFeed) {
            self.begin = begin
        }

        /// The next update, when there is one; nil after the last.
        /// - Throws: ``StoreError`` if the operation failed; `CancellationError` if the task was cancelled.
        public mutating func next() async throws -> OperationUpdate? {
            if isOver { return nil }
            if hold == nil { hold = OperationHold(try await begin()) }
            try Task.checkCancellation()
            do {
                let update = try await hold?.feed.next()
                if update == nil { try Task.checkCancellation() }
                isOver = update?.isLast ?? true
                return update
            } catch {
                isOver = true
                throw error
            }
        }
    }

    /// Carries it out to its end.
    /// - Returns: its last update: the report.
    /// - Throws: as ``Iterator/next()``.
    public func finished() async throws -> OperationUpdate {
        var last: OperationUpdate?
        for try await update in self { last = update }
        guard let last, last.isLast else {
            throw StoreError.unavailable(store: "", why: "the operation ended without a report")
        }
        return last
    }
}

/// The way between an operation and whoever asked for it.
protocol OperationFeed: Sendable {
    /// Waits for what comes next; nil when the task is cancelled or the feed closed.
    /// - Throws: ``StoreError`` if the operation failed.
    func next() async throws -> OperationUpdate?

    /// Nobody waits for the operation any more: it ends.
    func close()
}

/// Somebody's hold on an operation: when it is let go, whichever way, the operation ends.
private final class OperationHold: Sendable {
    let feed: any OperationFeed

    init(_ feed: any OperationFeed) {
        self.feed = feed
    }

    deinit {
        feed.close()
    }
}

/// An operation whose course is known beforehand.
private final class OperationScript: OperationFeed {
    private let rest: Lock<[OperationUpdate]>
    private let error: StoreError?

    init(_ updates: [OperationUpdate], _ error: StoreError?) {
        rest = Lock(updates.reversed())
        self.error = error
    }

    func next() async throws -> OperationUpdate? {
        if let update = rest.withLock({ $0.popLast() }) { return update }
        if let error { throw error }
        return nil
    }

    func close() {}
}
