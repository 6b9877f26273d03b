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

@Suite("The program: what is on record of stores")
struct ConfigRecordTests {
    @Test("put, get, list, history, rollback and delete, by a node and in process", arguments: Way.allCases)
    func wholeLife(_ way: Way) async throws {
        let site = Site()
        _ = try await site.grove("config", "put", "first", "--setting", "autoStart=true")
        let node = try await way.node(site)
        let put = try await site.grove(
            "config",
            "put",
            "orders",
            "-",
            "--by",
            "ann",
            input: #"{"partitions": 2, "limits": {"connections": 9}}"#
        )
        #expect(put.code == 0, "\(put)")
        #expect(put.output.hasPrefix(#"{"store":"orders","version":1,"status":"active","change":"put","#))
        #expect(put.output.contains(#""configuration":{"partitions":2,"limits":{"connections":9}}"#))
        #expect(put.output.contains(#""createdBy":"ann""#))
        #expect(try await site.grove("append", "orders", "s", input: "{\"type\":\"t\",\"data\":1}").code == 0)
        let changed = try await site.grove("config", "put", "orders", "--setting", "partitions=3", "--by=bob")
        #expect(changed.output.contains(#""configuration":{"partitions":3,"limits":{"connections":9}}"#))
        #expect(try await site.grove("stores", "config", "orders").output.contains(#""partitions":"3""#))

        let refused = try await site.grove("config", "put", "orders", "--unset", "partitions", "--expect", "1")
        #expect(refused.code == 3)
        #expect(
            refused.errors
                == "grove: wrong expected version: the record of store 'orders' is at version 2, expected version 1\n"
        )
        let bad = try await site.grove("config", "put", "orders", "-", input: #"{"partitions": 0, "colour": 1}"#)
        #expect(bad.code == 2)
        #expect(
            bad.errors.split(separator: "\n") == [
                "grove: standard input:1:16: partitions: must be a whole number from 1 to 1024, not 0",
                "grove: standard input:1:19: colour: there is no such setting; the guide on configuration lists them",
            ]
        )
        let history = try await site.grove("config", "history", "orders").lines
        #expect(history.count == 2)
        #expect(history[1].contains(#""differences":[{"setting":"partitions","before":2,"after":3}]"#))
        let back = try await site.grove("config", "rollback", "orders", "1")
        #expect(back.output.contains(#""change":"rollback","to":1,"configuration":{"partitions":2,"#))

        let inactive = try await site.grove("config", "put", "orders", "--inactive")
        #expect(inactive.output.contains(#""status":"inactive""#))
        let read = try await site.grove("read", "orders", "--all")
        #expect(read.code == 1 && read.errors == "grove: store 'orders' is inactive\n")
        #expect(try await site.grove("config", "put", "orders", "--active").code == 0)
        #expect(try await site.grove("read", "orders", "--all").lines.count == 1)

        #expect(try await site.grove("config", "list").lines.count == 2)
        let deleted = try await site.grove("config", "delete", "orders")
        #expect(deleted.lines == [#"{"store":"orders","version":6,"status":"deleted"}"#])
        #expect(try await site.grove("config", "get", "orders").code == 4)
        #expect(try await site.grove("stores").lines.count == 1)
        #expect(try await site.grove("stores", "kept").lines.count == 1)
        // What is done with stores by the other verb is on record too.
        #expect(try await site.grove("stores", "create", "more").code == 0)
        #expect(try await site.grove("config", "get", "more").output.contains(#""updatedBy":"gateway""#))
        #expect(try await site.grove("stores", "remove", "more").code == 0)
        #expect(try await site.grove("config", "get", "more").code == 4)
        #expect(try await site.grove("config", "history").lines.count == 11)
        _ = node
    }

    @Test("config watch prints changes as they are made, in order, until it has enough")
    func watch() async throws {
        let site = Site()
        let node = try await site.serve("--store", "x")
        let watching = try site.start("config", "watch", "--from", "0", "--count", "3")
        #expect(await watching.line()?.contains(#""change":"adoption""#) == true)
        for count in [2, 3] {
            #expect(try await site.grove("config", "put", "x", "--setting", "partitions=\(count)").code == 0)
            #expect(await watching.line()?.contains(#""configuration":{"partitions":\#(count)}"#) == true)
        }
        #expect(await watching.wait() == 0)
        node.signal(SIGTERM)
        #expect(await node.wait() == 0)
    }

    @Test("A damaged record store keeps the node up, refuses changes, and is recovered by the verb")
    func recover() async throws {
        let site = Site()
        for count in [2, 3] {
            #expect(try await site.grove("config", "put", "x", "--setting", "partitions=\(count)").code == 0)
        }
        let logs = "/.config/raft_logs"
        for name in try POSIXDisk().list(site.data + "/.config/snapshots") {
            try POSIXDisk().removeFile(site.data + "/.config/snapshots/" + name)
        }
        let name = try #require(try POSIXDisk().list(site.data + logs).first)
        let file = try POSIXDisk().open(site.data + logs + "/" + name, .readWrite)
        try [UInt8(0x55)].withUnsafeBytes { try file.write($0, at: 150) }
        file.close()
        let node = try await site.serve()
        #expect(try await site.grove("stores", "config", "x").output.contains(#""partitions":"3""#))
        #expect(try await site.grove("config", "list").output.contains(#""version":2"#))
        let refused = try await site.grove("config", "put", "x", "--setting", "partitions=4")
        #expect(refused.code == 5 && refused.errors.contains("grove config recover"), "\(refused)")
        let recovered = try await site.grove("config", "recover")
        #expect(recovered.lines == ["{\"records\":1,\"aside\":\"\(site.data)/.config.damaged-1\"}"])
        #expect(try await site.grove("config", "put", "x", "--setting", "partitions=4").code == 0)
        #expect(try await site.grove("stores", "config", "x").output.contains(#""partitions":"4""#))
        _ = node
    }

    @Test("config diff compares files and data directories, and exits with 1 where something is amiss")
    func diff() async throws {
        let site = Site()
        let first = try site.file("a.json", #"{"stores": [{"id": "x"}, {"id": "y"}]}"#)
        let second = try site.file("b.json", #"{"stores": [{"id": "x", "directory": "/b"}]}"#)
        let files = try await Program.run(Site.program, ["config", "diff", first, second])
        #expect(files.code == 1)
        #expect(files.lines.count == 2)
        #expect(files.lines[0].hasPrefix("warning: store 'y' is on \(first) only"))
        #expect(files.lines[1].hasPrefix("note: store 'x' is kept in different directories"))
        let json = try await Program.run(Site.program, ["config", "diff", first, second, "--json"])
        #expect(json.lines[0].hasPrefix(#"{"severity":"warning","kind":"storeOnOneNode","store":"y","first":"#))
        #expect(try await Program.run(Site.program, ["config", "diff", first, first]).code == 0)
        #expect(try await site.grove("config", "put", "x", "--setting", "retryLimitMilliseconds=1").code == 0)
        let directory = try await Program.run(Site.program, ["config", "diff", site.data, first])
        #expect(directory.code == 1)
        #expect(directory.output.contains("warning: the nodes wait for store 'x' for different times (1 on"))
    }
}
