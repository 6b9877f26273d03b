import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite("Configuration over the socket")
struct ConfigurationWireTests {
    private static var configuration: StoreConfiguration {
        var configuration = StoreConfiguration()
        configuration.partitions = 3
        configuration.limits.connections = 0
        configuration.tags = ["a", "ü\n"]
        return configuration
    }

    private static let requests: [(ConfigurationRequest, AccessRights)] = [
        (.put(store: "a", configuration, .inactive, version: nil, author: "me"), .stores),
        (.put(store: "a", StoreConfiguration(), .active, version: 7, author: ""), .stores),
        (.get(store: "a"), .observe), (.list, .observe),
        (.delete(store: "a", version: 0, erasing: true, author: "me"), .stores),
        (.history(store: nil), .observe), (.history(store: "a"), .observe),
        (.rollBack(store: "a", earlier: 3, version: nil, author: "me"), .stores), (.recover, .stores),
    ]

    private static let mistakes: [ConfigurationMistake] = [
        .init(.standard, "", "x"), .init(.file("f", line: 1, column: 2), "a.b", "y"), .init(.variable("V"), "p", "z"),
        .init(.option("--o"), "p", "z"), .init(.record(version: 3), "p", "z"), .init(.program, "p", "z"),
    ]

    private static let errors: [StoreError] = [
        .noSuchConfiguration("a"), .wrongConfigurationVersion(store: "a", expected: 0, actual: 3),
        .invalidConfiguration(mistakes), .configurationReadOnly("why"),
    ]

    @Test("Requests arrive as they were made, and cut off or with another byte they are refused or another request")
    func requestsTravel() throws {
        for (request, _) in Self.requests {
            let whole = GatewayRequest.configuration(request)
            let bytes = whole.encoded
            #expect(try GatewayRequest(decoding: bytes) == whole)
            for index in bytes.indices {
                #expect(throws: WireError.self) { try GatewayRequest(decoding: Array(bytes[..<index])) }
                var flipped = bytes
                flipped[index] ^= 0x41
                _ = try? GatewayRequest(decoding: flipped)
            }
        }
    }

    @Test("Records and errors arrive as they were")
    func repliesTravel() throws {
        let listings = [
            ConfigurationListing(sampleRecord("a", 3, Self.configuration)),
            ConfigurationListing(
                sampleRecord("b", 1, status: .pendingDeletion, change: .deletion(erasing: true)),
                problem: "no"
            ),
            ConfigurationListing(sampleRecord("c", 9, status: .inactive, change: .rollback(to: 2))),
        ]
        let reply = GatewayReply.records(listings)
        let bytes = reply.encoded
        #expect(try GatewayReply(decoding: bytes) == reply)
        for index in bytes.indices {
            #expect(throws: WireError.self) { try GatewayReply(decoding: Array(bytes[..<index])) }
            var flipped = bytes
            flipped[index] ^= 0x41
            _ = try? GatewayReply(decoding: flipped)
        }
        for error in Self.errors {
            var writer = WireWriter()
            writer.storeError(error)
            var reader = WireReader(writer.bytes)
            #expect(try reader.storeError() == error)
            try reader.end()
            for index in writer.bytes.indices {
                var cut = WireReader(Array(writer.bytes[..<index]))
                #expect(throws: WireError.self) { try cut.storeError() }
            }
            #expect(!error.description.isEmpty)
        }
    }

    @Test("What is put on record says with which token it was asked for, whatever name the client gives")
    func attribution() throws {
        let token = EventID(high: 1, low: 1)
        let name = "me (token \(token))"
        #expect(
            Self.requests.map { $0.0.attributed(to: token) }.prefix(5) == [
                .put(store: "a", Self.configuration, .inactive, version: nil, author: name),
                .put(store: "a", StoreConfiguration(), .active, version: 7, author: " (token \(token))"),
                .get(store: "a"), .list, .delete(store: "a", version: 0, erasing: true, author: name),
            ]
        )
    }

    @Test("What changes stores takes the right to, what looks takes the right to look; the store itself takes both")
    func rights() throws {
        let secret = [UInt8](repeating: 3, count: 32)
        let now = Timestamp(microseconds: 1)
        func passes(_ request: GatewayRequest, _ restriction: AccessRestriction) throws -> Bool {
            var session = AccessSession(.tokens(secret: secret, revoked: []))
            let token = CapabilityToken(for: restriction, secret: secret, id: EventID(high: 1, low: 1))
            try session.present(token.text, now: now)
            return (try? session.check(request.needs, now: now)) != nil
        }
        for (_, right) in AccessRights.named {
            for (request, needed) in Self.requests {
                let isAllowed = try passes(.configuration(request), AccessRestriction(rights: right))
                #expect(isAllowed == (needed == right), "\(request) with the right to \(right)")
            }
        }
        for (request, _) in Self.requests {
            let isAllowed = try passes(.configuration(request), AccessRestriction(stores: "a"))
            #expect(isAllowed == (request.store == "a"), "\(request)")
        }
        let read = GatewayRequest.readAll(store: StoreID.configuration, start: 0, count: 1)
        #expect(try !passes(read, AccessRestriction(rights: .read)))
        #expect(try passes(read, AccessRestriction(rights: [.read, .observe])))
    }
}
