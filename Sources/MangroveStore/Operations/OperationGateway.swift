/// What an operator asks of a node beside its stores' daily work.
public protocol OperationGateway: Sendable {
    /// Has the node carry something out; see ``OperationRequest``.
    ///
    /// Nothing happens before the operation is iterated; see ``NodeOperation`` for how it ends.
    func operation(_ request: OperationRequest) -> NodeOperation

    /// Appends events as of the times at which they were recorded elsewhere, batch after batch, and returns when all of them
    /// are durable.
    ///
    /// Each batch is appended as a whole or not at all. Events whose ids are already in their streams are left out: what was
    /// cut off can be made again. Times are taken as they stand; where they do not rise along a stream, its greatest age
    /// counts by them all the same.
    /// - Returns: the highest position that the events have, or nil if there were none.
    /// - Throws: ``StoreError``; batches before the one that failed may be there.
    func appendRecorded(_ batches: [RecordedBatch], to store: String) async throws -> Int?

    /// How the node is, with its stores and what follows them: each with what was looked at, what was found, and since when
    /// it is so. Stores that are not running are not started for it.
    func health() async throws -> NodeHealth
}

extension OperationGateway {
    /// Makes a backup of stores while they serve.
    ///
    /// Each store is copied as it was at one moment, which is the same for all of them: an event in the backup never lacks
    /// those in other stores that were durable before it was appended. The backup is there whole or not at all, and every
    /// record in it was checked on the way. A store that is damaged, or does not start, is left out and named in the report.
    public func backUp(_ request: BackupRequest) -> NodeOperation {
        operation(.backUp(request))
    }

    /// Makes stores of a backup appear in the node, and starts them.
    ///
    /// All is verified before anything can be seen; the stores appear together or not at all. No store is replaced.
    public func restore(_ request: RestoreRequest) -> NodeOperation {
        operation(.restore(request))
    }

    /// Copies events from one store to another while both serve: each once, in the order of their positions, with their
    /// ids, types, data, metadata, tags and times.
    ///
    /// What is copied are events. Positions are the target's own, and so are the versions of a stream of which the source
    /// has not all events any more. Settings, subscriptions and snapshots are not copied; a backup has all of it.
    ///
    /// How far it has come is durable in the target: begun again with the same source and selection, it goes on from there.
    public func migrate(_ request: MigrationRequest) -> NodeOperation {
        operation(.migrate(request))
    }
}
