import MangroveStore

/// A gateway that has no subscriptions, no projections, no transactions and no records of configuration.
protocol NoSubscriptions: SubscriptionGateway, ProjectionGateway, ConfigurationGateway, OperationGateway,
    TransactionGateway
{}

extension NoSubscriptions {
    private var refusal: StoreError { .refused("no subscriptions here") }

    func subscribe(to store: String, _ source: SubscriptionSource, from start: StartPoint) throws -> EventSubscription {
        throw refusal
    }
    func consume(_ name: String, of store: String, window: Int) async throws -> Consumer { throw refusal }
    func createSubscription(_ name: String, of store: String, _ configuration: SubscriptionConfiguration) async throws {
        throw refusal
    }
    func updateSubscription(_ name: String, of store: String, _ configuration: SubscriptionConfiguration) async throws {
        throw refusal
    }
    func deleteSubscription(_ name: String, of store: String) async throws { throw refusal }
    func subscriptions(of store: String) async throws -> [SubscriptionInfo] { throw refusal }
    func settle(_ place: Int, of name: String, in store: String, _ answer: Answer) async throws { throw refusal }
    func parkedEvents(of name: String, in store: String) async throws -> [ParkedEvent] { throw refusal }
    func replayParked(of name: String, in store: String, _ places: [Int]?) async throws -> Int { throw refusal }
    func resetCheckpoint(of name: String, in store: String, to start: StartPoint) async throws { throw refusal }
    func resumeSubscription(_ name: String, of store: String) async throws { throw refusal }

    func append(acrossStores batches: [StoreBatch]) async throws -> [AppendResult] { throw refusal }
    func pendingTransactions() async throws -> [PendingTransaction] { throw refusal }
    func abandonTransaction(_ id: EventID) async throws { throw refusal }
    func putConfiguration(
        of store: String,
        _ configuration: StoreConfiguration,
        status: ConfigurationRecord.Status,
        expecting version: Int?,
        by author: String
    ) async throws -> ConfigurationRecord { throw refusal }
    func configuration(of store: String) async throws -> ConfigurationRecord { throw refusal }
    func configurations() async throws -> [ConfigurationListing] { throw refusal }
    func deleteConfiguration(
        of store: String,
        expecting version: Int?,
        erasing: Bool,
        by author: String
    ) async throws -> ConfigurationRecord { throw refusal }
    func configurationHistory(of store: String?) async throws -> [ConfigurationRecord] { throw refusal }
    func rollBackConfiguration(
        of store: String,
        to earlier: Int,
        expecting version: Int?,
        by author: String
    ) async throws -> ConfigurationRecord { throw refusal }
    func recoverConfiguration() async throws -> String { throw refusal }

    func projections(of store: String) async throws -> [ProjectionInfo] { throw refusal }
    func projectedState(of name: String, in store: String, key: String) async throws -> [UInt8]? { throw refusal }
    func projectedStates(of name: String, in store: String, after: String?, count: Int) async throws -> [ProjectedState]
    {
        throw refusal
    }
    func rebuildProjection(_ name: String, of store: String) async throws { throw refusal }
    func createAggregate(_ name: String, of store: String, _ aggregate: Aggregate) async throws { throw refusal }
    func deleteAggregate(_ name: String, of store: String) async throws { throw refusal }
    func appendRecorded(_ batches: [RecordedBatch], to store: String) async throws -> Int? { throw refusal }
    func health() async throws -> NodeHealth { throw refusal }
    func operation(_ request: OperationRequest) -> NodeOperation { NodeOperation(saying: [], failingWith: refusal) }
}
