import Mangrove

extension SubscriptionWorker {
    /// What a subscription starts with: what is recorded of it, and the events that are still to be settled.
    struct Loaded: Sendable {
        let definition: SubscriptionDefinition
        let log: SourceReader
        private(set) var progress: SubscriptionProgress
        let parked: Set<Int>
        let events: [Int: RecordedEvent]

        /// - Throws: ``StoreError``: `noSuchSubscription`, `damaged`, `unavailable`.
        init(_ context: ProcessContext, _ names: StoreName, _ name: String) async throws {
            let engine = context.runtime.address(names.name(.engine), of: Store.self)
            let session = try await engine.call { $0.session }
            let book = SubscriptionBook(engine: session.engine)
            let (definition, progress, parked) = try await session.read { _ in
                let definition = try book.definition(of: name)
                return (
                    definition, try book.progress(of: definition), Set(try book.parked(of: definition).map(\.place))
                )
            }
            self.definition = definition
            self.parked = parked
            log = try await SourceReader.open(context, names, definition.configuration.source)
            events = try await log.events(at: progress.unsettled.map(\.place))
            self.progress = progress
            // An event that is not in the store any more cannot be handled.
            self.progress.unsettled.removeAll { [events] in events[$0.place] == nil }
        }
    }
}
