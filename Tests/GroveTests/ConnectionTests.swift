import MangroveStore
import Testing

@testable import grove

@Suite("The way to a data directory")
struct ConnectionTests {
    private func serve(_ gateway: FakeGateway, _ directory: TemporaryDirectory) throws -> GatewayServer {
        try GatewayServer.start(dataDirectory: directory.path, gateway: gateway) { work in
            Task { await work() }
        }
    }

    @Test("Where nobody serves, the directory is opened in this program")
    func inProcess() async {
        let directory = TemporaryDirectory()
        let bench = Bench()
        #expect(await bench.run("stores", data: directory.path) == .done)
        #expect(await bench.run("stores", "create", "x", data: directory.path) == .done)
        #expect(bench.opened == [directory.path, directory.path + " create"])
    }

    @Test("Where a node serves, it is asked")
    func served() async throws {
        let directory = TemporaryDirectory()
        let node = FakeGateway(stores: ["theirs"])
        let server = try serve(node, directory)
        let bench = Bench()
        #expect(await bench.run("stores", data: directory.path) == .done)
        #expect(bench.lines == ["{\"id\":\"theirs\",\"status\":\"running\",\"events\":0}"])
        #expect(
            await bench.run("append", "theirs", "s", input: "{\"type\":\"t\",\"data\":1.0}", data: directory.path)
                == .done
        )
        #expect(node.events("theirs").first?.data == Array("1.0".utf8))
        #expect(await bench.run("read", "none", "--all", data: directory.path) == .noSuchStore)
        #expect(bench.opened.isEmpty)
        await server.stop()
    }

    @Test("crash needs a node that serves, and says what it refuses")
    func crash() async throws {
        let directory = TemporaryDirectory()
        let bench = Bench()
        #expect(await bench.run("crash", "a/b", data: directory.path) == .failure)
        #expect(
            bench.complaint
                == "grove: no node is serving '\(directory.path)'; start one with 'grove serve --allow-faults'\n"
        )
        let node = FakeGateway()
        let server = try serve(node, directory)
        #expect(await bench.run("crash", "a/b", data: directory.path) == .done)
        #expect(await bench.run("crash", "a/c", "--kill", data: directory.path) == .done)
        #expect(node.crashed == ["a/b", "a/c killed"])
        #expect(bench.lines == ["{\"path\":\"a/b\",\"done\":\"crashed\"}", "{\"path\":\"a/c\",\"done\":\"killed\"}"])
        #expect(await bench.run("crash", "forbidden", data: directory.path) == .failure)
        #expect(bench.complaint.hasSuffix("grove: the node was started without --allow-faults\n"))
        await server.stop()
    }

    @Test("metrics prints what a node that serves says, and needs one")
    func metrics() async throws {
        let directory = TemporaryDirectory()
        let bench = Bench()
        #expect(await bench.run("metrics", data: directory.path) == .failure)
        #expect(bench.complaint == "grove: no node is serving '\(directory.path)'; start one with 'grove serve'\n")
        let server = try serve(FakeGateway(), directory)
        #expect(await bench.run("metrics", data: directory.path) == .done)
        #expect(bench.output.text == "mangrove_processes 7\n")
        #expect(await bench.run("metrics", "x", data: directory.path) == .usage)
        await server.stop()
    }

    @Test("A directory that is not there is said and not made, except to create a store")
    func missing() async {
        let directory = TemporaryDirectory()
        let missing = directory.path + "/none"
        let bench = Bench()
        for verb in ["stores", "tree", "verify"] { #expect(await bench.run(verb, data: missing) == .failure) }
        #expect(await bench.run("read", "orders", "--all", data: missing) == .failure)
        #expect(await bench.run("streams", "orders", data: missing) == .failure)
        #expect(await bench.run("append", "orders", "s", input: "", data: missing) == .failure)
        #expect(await bench.run("import", "orders", input: "", data: missing) == .failure)
        #expect(await bench.run("crash", "x", data: missing) == .failure)
        #expect(Set(bench.complaint.split(separator: "\n")) == ["grove: there is no data directory at '\(missing)'"])
        #expect(bench.opened.isEmpty)
        #expect(await bench.run("stores", "create", "x", data: missing) == .done)
        #expect(bench.opened == [missing + " create"])
    }

    @Test("The directory is --data, else the environment's, else ./grove-data")
    func whichDirectory() throws {
        func directory(_ words: [String], _ environment: [String: String]) throws -> String? {
            if case .streams(let options) = try Command(words, environment: { environment[$0] }) {
                options.dataDirectory
            } else {
                nil
            }
        }
        #expect(try directory(["streams", "s"], [:]) == "./grove-data")
        #expect(try directory(["streams", "s"], ["MANGROVE_DATA_DIR": ""]) == "./grove-data")
        #expect(try directory(["streams", "s"], ["MANGROVE_DATA_DIR": "/d"]) == "/d")
        #expect(try directory(["streams", "s", "--data", "/e"], ["MANGROVE_DATA_DIR": "/d"]) == "/e")
        #expect(try directory(["streams", "--data=/e=f", "s"], [:]) == "/e=f")
    }
}
