import Mangrove
import MangroveStore
import Testing

@testable import grove

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("The program: backups")
struct BackupProgramTests {
    private static func events(_ range: Range<Int>) -> String {
        range.map { "{\"stream\":\"s\",\"type\":\"t\",\"data\":\($0)}\n" }.joined()
    }

    @Test("Stores are backed up, checked and restored", arguments: Way.allCases)
    func roundTrip(_ way: Way) async throws {
        let site = Site()
        for store in ["x", "y"] { #expect(try await site.grove("stores", "create", store).code == 0) }
        let node = try await way.node(site)
        #expect(try await site.grove("import", "x", input: Self.events(0..<100)).code == 0)
        let backups = try site.directory("backups")
        let first = try await site.grove("backup", "--to", backups)
        #expect(first.code == 0 && first.lines.count == 3)
        #expect(first.lines.first?.hasPrefix("{\"store\":\"x\",\"events\":100,\"bytes\":") == true)
        #expect(first.lines.last?.hasPrefix("{\"backup\":1,\"made\":\"") == true)
        #expect(try await site.grove("import", "x", input: Self.events(100..<110)).code == 0)
        #expect(try await site.grove("backup", "--to", backups, "--limit=10000000").code == 0)

        let checked = try await Program.run(Site.program, ["verify", "--backup", backups])
        #expect(checked.code == 0 && checked.lines.count == 4)
        let all = try await site.grove("read", "x", "--all").lines
        #expect(all.count == 110)

        // Beside the others, and into a directory of its own.
        let copy = ["restore", backups, "--to", site.data, "--store=x", "--as=copy"]
        let copied = try await Program.run(Site.program, copy)
        #expect(copied.lines.first == "{\"store\":\"x\",\"as\":\"copy\",\"events\":110}")
        #expect(try await site.grove("read", "copy", "--all").lines == all)
        let again = try await Program.run(Site.program, copy)
        #expect(again == .init(code: 1, output: "", errors: "grove: store 'copy' is already there\n"))
        let elsewhere = site.data + "-elsewhere"
        #expect(try await Program.run(Site.program, ["restore", backups, "--to", elsewhere, "--number=1"]).code == 0)
        let past = try await Program.run(Site.program, ["read", "x", "--all", "--data", elsewhere])
        #expect(past.lines == Array(all.prefix(100)))
        let until = ["restore", backups, "--to", elsewhere, "--store=x", "--as=ten", "--until=9"]
        // What was imported in one batch is there as a whole or not at all.
        let ten = try await Program.run(Site.program, until)
        #expect(ten.lines.first == "{\"store\":\"x\",\"as\":\"ten\",\"events\":0}")

        if let node {
            node.signal(SIGTERM)
            #expect(await node.wait() == 0)
        }
        let path = backups + "/2.backup"
        let bytes = try site.bytes(of: path)
        let file = try POSIXDisk().open(path, .readWrite)
        try [bytes[30] ^ 1].withUnsafeBytes { try file.write($0, at: 30) }
        file.close()
        let damaged = try await Program.run(Site.program, ["verify", "--backup", backups])
        #expect(damaged.code == 5)
        #expect(damaged.errors == "grove: damaged: backup 2; what is wrong stands in \"problems\"\n")
        let newest = ["restore", backups, "--to", elsewhere, "--store=x", "--as=z"]
        let refused = try await Program.run(Site.program, newest)
        #expect(refused.code == 5 && refused.errors.hasPrefix("grove: the backup is damaged: \(path): "))
    }

    @Test("A backup under load, killed again and again, is whole or none; in the end one is what the store was")
    func killed() async throws {
        let site = Site()
        let node = try await site.serve("--store", "x")
        let backups = site.data + "-backups"
        let writer = try RunningProgram(
            Site.program,
            site.onData(["import", "x", "--batch=5", "--acks"]),
            input: Self.events(0..<20_000)
        )
        for _ in 0..<5 {
            let backup = try site.start("backup", "--to", backups, "--limit=200000")
            #expect(await writer.line() != nil)
            backup.signal(SIGKILL)
            _ = await backup.wait()
        }
        // The one whose client is gone ends by itself, and lets the next one in.
        var made = try await site.grove("backup", "--to", backups)
        while made.code != 0 {
            #expect(made.errors.hasSuffix("another backup to '\(backups)' is under way\n"))
            guard made.errors.contains("under way") else { return }
            made = try await site.grove("backup", "--to", backups)
        }
        writer.signal(SIGTERM)
        _ = try? await writer.outcome()
        let checked = try await Program.run(Site.program, ["verify", "--backup", backups])
        #expect(checked.code == 0)
        let restored = site.data + "-restored"
        #expect(try await Program.run(Site.program, ["restore", backups, "--to", restored]).code == 0)
        let copy = try await Program.run(Site.program, ["read", "x", "--all", "--data", restored]).lines
        #expect(!copy.isEmpty)
        #expect(try await site.grove("read", "x", "--all").lines.starts(with: copy))
        node.signal(SIGTERM)
        #expect(await node.wait() == 0)
    }
}
