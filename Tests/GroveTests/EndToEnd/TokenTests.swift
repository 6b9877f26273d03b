import Mangrove
import MangroveStore
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("The program: tokens")
struct TokenTests {
    private static let event = "{\"type\":\"t\",\"data\":1}\n"

    private func token(_ outcome: Program.Outcome) throws -> [String: String] {
        #expect(outcome.code == 0 && outcome.errors.isEmpty && outcome.lines.count == 1)
        return ["MANGROVE_TOKEN": try #require(outcome.lines.first)]
    }

    @Test("A node that asks for tokens does what each allows, whoever made it from whose")
    func lifeOfTokens() async throws {
        let site = Site()
        let node = try await site.serve("--store", "orders", "--store", "stock", "--require-tokens")
        let bare = try await site.grove("append", "orders", "s", input: Self.event)
        #expect(bare.code == 1 && bare.output.isEmpty)
        #expect(bare.errors == "grove: this node asks for a token, and none was presented\n")

        let orders = try token(try await site.grove("token", "create", "--stores", "orders", "--expires", "1h"))
        #expect(try await site.grove("append", "orders", "order-1", input: Self.event, environment: orders).code == 0)
        #expect(try await site.grove("append", "orders", "other", input: Self.event, environment: orders).code == 0)
        let wrongStore = try await site.grove("streams", "stock", environment: orders)
        #expect(wrongStore.errors == "grove: the token is for stores 'orders', not for 'stock'\n")

        let reader = try token(
            try await Program.run(
                Site.program,
                ["token", "narrow", "--right", "read", "--streams", "order-*"],
                environment: orders
            )
        )
        #expect(try await site.grove("read", "orders", "order-1", environment: reader).lines.count == 1)
        let append = try await site.grove("append", "orders", "order-1", input: Self.event, environment: reader)
        #expect(append.errors == "grove: the token does not give the right to append\n")
        let other = try await site.grove("read", "orders", "other", environment: reader)
        #expect(other.errors == "grove: the token is for streams 'order-*', not for 'other'\n")

        let shown = try await Program.run(Site.program, ["token", "show"], environment: reader)
        #expect(shown.lines.count == 2)
        #expect(shown.lines.last?.contains("\"rights\":[\"read\"],\"stores\":\"*\",\"streams\":\"order-*\"") ?? false)
        node.signal(SIGTERM)
        #expect(await node.wait() == 0)

        // Revoked with everything that came from it; another one made with the same secret still counts.
        let id = try #require(shown.lines.first?.split(separator: "\"").dropFirst(3).first.map(String.init))
        let again = try await site.serve("--require-tokens", "--revoke", id)
        for environment in [orders, reader] {
            let outcome = try await site.grove("read", "orders", "order-1", environment: environment)
            #expect(outcome.code == 1 && outcome.errors == "grove: the token has been revoked\n")
        }
        let fresh = try token(try await site.grove("token", "create"))
        #expect(try await site.grove("read", "orders", "order-1", environment: fresh).lines.count == 1)
        again.signal(SIGTERM)
        #expect(await again.wait() == 0)
    }

    @Test("A node that asks for tokens makes its directory as any other does, with those above it")
    func directory() async throws {
        let site = Site(data: "not/there/yet")
        let node = try await site.serve("--require-tokens")
        #expect(try site.exists("access-secret"))
        node.signal(SIGTERM)
        #expect(await node.wait() == 0)
    }

    @Test("Only the owner can read the secret")
    func permissions() async throws {
        let site = Site()
        #expect(try await site.grove("stores", "create", "x").code == 0)
        _ = try token(try await site.grove("token", "create"))
        var status = stat()
        #expect(stat(site.data + "/access-secret", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(status.st_size == 32)
    }

    @Test("Only the owner can read the keys of streams")
    func keyPermissions() throws {
        let site = Site()
        let keys = try site.directory("keys")
        let vault = try FileKeyVault(disk: POSIXDisk(), directory: keys)
        _ = try vault.key(of: "customer-7", in: "orders", orKeep: [1, 2, 3])
        let names = try POSIXDisk().list(keys)
        #expect(names.count == 1)
        for name in names {
            var status = stat()
            #expect(stat(keys + "/" + name, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }

    @Test("A connection that asks too often is told when to come again")
    func requestLimit() async throws {
        let site = Site()
        let node = try await site.serve("--store", "x", "--request-limit", "1")
        let lines = (0..<20).map { "{\"stream\":\"s\",\"type\":\"t\",\"data\":\($0)}\n" }.joined()
        let outcome = try await site.grove("import", "x", "--batch", "1", input: lines)
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("this connection makes too many requests; try again in "))
        #expect(try await site.grove("streams", "x").code == 0)
        node.signal(SIGTERM)
        #expect(await node.wait() == 0)
    }

    @Test("What is no token, no right and no time is said before anything is done")
    func badInput() async throws {
        let site = Site()
        #expect(try await site.grove("stores", "create", "x").code == 0)
        let garbage = try await site.grove("streams", "x", environment: ["MANGROVE_TOKEN": "grove1.12"])
        #expect(garbage.code == 2 && garbage.errors == "grove: $MANGROVE_TOKEN is not a token\n")
        let right = try await site.grove("token", "create", "--right", "raed")
        #expect(right.code == 2 && right.errors.contains("unknown right 'raed'; did you mean 'read'?"))
        for time in ["1", "0s", "h", "1w", "999999999999d"] {
            let outcome = try await site.grove("token", "create", "--expires", time)
            #expect(outcome.code == 2 && outcome.errors.contains("--expires must be a time such as"))
        }
        let none = try await Program.run(Site.program, ["token", "show"])
        #expect(none.code == 2 && none.errors.contains("takes the token from $MANGROVE_TOKEN, which is not set"))
        let revoke = try await site.grove("serve", "--revoke", "x", "--require-tokens")
        #expect(revoke.code == 2 && revoke.errors.contains("--revoke takes the id of a token, not 'x'"))
        #expect(try !site.exists("access-secret"))
    }
}
