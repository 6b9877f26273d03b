import Mangrove
import Testing

@testable import MangroveStore

@Suite("Transactions over the socket")
struct TransactionSocketTests {
    @Test("A client's transactions are carried out, refused and listed as if it were in the node")
    func client() async throws {
        let directory = try SocketDirectory()
        var settings = NodeSettings(dataDirectory: directory.path, owner: "test")
        settings.listens = true
        let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
        let node = try await Node.open(settings, in: runtime)
        for store in ["a", "b"] { try await node.gateway.createStore(store) }
        let client = try await SocketGateway.connect(dataDirectory: directory.path)
        let results = try await client.append(acrossStores: [
            StoreBatch(store: "b", stream: "s", expecting: .noStream, happenings(0..<2)),
            StoreBatch(store: "a", stream: "s", happenings(2..<3)),
        ])
        #expect(results.map(\.version) == [1, 0])
        await #expect(
            throws: StoreError.wrongExpectedVersion(stream: "s", expected: .noStream, actual: 1)
        ) {
            try await client.append(acrossStores: [
                StoreBatch(store: "a", stream: "s", happenings(5..<6)),
                StoreBatch(store: "b", stream: "s", expecting: .noStream, happenings(6..<7)),
            ])
        }
        #expect(try await client.version(of: "s", in: "a") == 0)
        #expect(try await client.pendingTransactions().isEmpty)
        let id = EventID(high: 1, low: 2)
        await #expect(throws: StoreError.self) { try await client.abandonTransaction(id) }
        var merged: [String] = []
        for try await element in client.mergedEvents(of: ["a", "b"]) { merged.append(element.store) }
        #expect(merged.sorted() == ["a", "b", "b"])
        client.close()
        await node.close()
        await runtime.shutdown()
    }

    @Test("Requests and replies travel as they are, and what is cut short is refused")
    func wire() throws {
        let batches = [
            StoreBatch(store: "b", stream: "s", expecting: .exactly(4), happenings(0..<2)),
            StoreBatch(store: "a", stream: "t", expecting: .streamExists, []),
        ]
        for request: GatewayRequest in [
            .transaction(.append(batches)), .transaction(.pending), .transaction(.abandon(EventID(high: 1, low: 2))),
        ] {
            #expect(try GatewayRequest(decoding: request.encoded) == request)
            for count in request.encoded.indices {
                #expect(throws: WireError.self) { try GatewayRequest(decoding: Array(request.encoded[..<count])) }
            }
        }
        let pending = PendingTransaction(
            id: EventID(high: 3, low: 4),
            store: "a",
            isDecided: true,
            stores: ["a", "b"],
            lockedStreams: ["s"]
        )
        let reply = GatewayReply.transactions([pending, pending])
        #expect(try GatewayReply(decoding: reply.encoded) == reply)
    }

    @Test("A token must allow every store and stream of a transaction, and to give one up takes all of them")
    func access() {
        let batches = [StoreBatch(store: "a", stream: "s", []), StoreBatch(store: "b", stream: "t", [])]
        #expect(
            GatewayRequest.transaction(.append(batches)).needs == [
                AccessNeed(.append, stores: .one("a"), streams: .one("s")),
                AccessNeed(.append, stores: .one("b"), streams: .one("t")),
            ]
        )
        #expect(GatewayRequest.transaction(.pending).needs == [AccessNeed(.observe, stores: .all)])
        #expect(
            GatewayRequest.transaction(.abandon(EventID(high: 0, low: 0))).needs == [
                AccessNeed(.manage, stores: .all, streams: .all)
            ]
        )
    }
}
