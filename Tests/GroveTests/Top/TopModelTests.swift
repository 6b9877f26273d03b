import Mangrove
import Testing

@testable import grove

@Suite("Watching a tree")
struct TopModelTests {
    private func ids(_ model: TopModel) -> [String] { model.rows.map(\.node.id) }

    private func press(_ model: inout TopModel, _ keys: TopKey...) {
        for key in keys { #expect(model.press(key, page: 5) == .draw) }
    }

    @Test("A tree is read as the runtime prints it, whatever its names are")
    func real() async throws {
        let runtime = Runtime()
        try await runtime.start(
            Supervisor("top \"x\"\n") {
                DynamicSupervisor("many", name: "many")
                Worker("ä/b") { Idle() }
            }
        )
        let many = runtime.address("many", of: DynamicSupervisorProcess.self)
        for _ in 0..<3 { try await many.startChild(Worker("same") { Idle() }) }
        let tree = runtime.tree()
        let roots = try TopNode.tree(Array(tree.json.utf8))
        #expect(roots.flatMap(\.subtree).map(\.path) == tree.nodes.map(\.path))
        #expect(roots.flatMap(\.subtree).map(\.id) == ["top \"x\"\n", "many", "same", "same", "same", "ä/b"])
        #expect(Set(roots.flatMap(\.subtree).map(\.key)).count == 6)
        #expect(roots.flatMap(\.subtree).map(\.process) == tree.nodes.map { $0.process.map { Int($0.serial) } })
        await runtime.shutdown()
    }

    @Test("What is no tree is refused", arguments: ["", "[", "[{\"id\":}]", "[] []"])
    func nonsense(text: String) {
        #expect(throws: (any Error).self) { try TopNode.tree(Array(text.utf8)) }
    }

    @Test("At first the parts of the node are there and each store is folded, with the sum of what is below")
    func first() throws {
        let model = try TopTrees.model()
        #expect(ids(model) == ["node", "stores", "orders", "billing", "socket"])
        #expect(model.rows[2].sum.restarts == 2)
        #expect(model.rows[2].sum.mailbox == 3)
        #expect(model.rows[2].sum.failures == 2)
        #expect(model.rows[1].sum.restarts == 0)
        #expect(model.total.restarts == 2)
        #expect(model.total.processes == 1)
    }

    @Test("Rates are between two looks, and a new incarnation begins at none")
    func rates() throws {
        var model = try TopTrees.model()
        #expect(model.rows[2].sum.turns == 25)
        #expect(model.eventRate() == 150)
        #expect(model.eventRate(of: "orders") == 150)
        #expect(model.eventRate(of: "billing") == 0)
        #expect(model.snapshot?.stores["orders"] == .init(appended: 400, lag: 12, parked: 2))
        let restarted = TopTrees.shop(turns: 30).replacing("\"process\":7", with: "\"process\":8")
        model.take(try TopTrees.look(11, restarted, metrics: TopTrees.metrics(orders: 0)))
        #expect(model.rows[2].sum.turns == 30)
        #expect(model.eventRate() == 0)
    }

    @Test("Keys walk, fold and unfold")
    func walking() throws {
        var model = try TopTrees.model()
        press(&model, .down, .down, .right)
        #expect(model.selected?.node.id == "orders")
        #expect(ids(model) == ["node", "stores", "orders", "core", "billing", "socket"])
        press(&model, .right, .character("l"), .right)
        #expect(model.selected?.node.path == "node/stores/orders/core/engine")
        // A leaf has nothing to unfold.
        press(&model, .right, .left)
        #expect(model.selected?.node.path == "node/stores/orders/core")
        press(&model, .left, .character("h"), .left)
        #expect(ids(model) == ["node", "stores", "orders", "billing", "socket"])
        press(&model, .end)
        #expect(model.selected?.node.id == "socket")
        press(&model, .down, .pageDown, .home, .up, .pageUp)
        #expect(model.selected?.node.id == "node")
        #expect(model.press(.character("q"), page: 5) == .quit)
    }

    @Test("The selection stays on its process when others come and go")
    func keeping() throws {
        var model = try TopTrees.model()
        press(&model, .end)
        let more = TopTrees.shop().replacing(
            "{\"id\":\"socket\"",
            with: TopTrees.node("new", under: "node") + ",{\"id\":\"socket\""
        )
        model.take(try TopTrees.look(11, more))
        #expect(ids(model) == ["node", "stores", "orders", "billing", "new", "socket"])
        #expect(model.selected?.node.id == "socket")
        model.take(try TopTrees.look(12, "[]"))
        #expect(model.selected == nil)
        press(&model, .down, .enter, .right, .left, .character("/"), .character("x"), .enter)
        #expect(model.selected == nil)
        model.take(try TopTrees.look(13, TopTrees.shop()))
        #expect(model.selected != nil)
    }

    @Test("What is in trouble is shown with what stands above it, and nothing else")
    func trouble() throws {
        var model = try TopTrees.model()
        press(&model, .character("f"))
        #expect(ids(model) == ["node", "stores", "orders", "core", "engine"])
        press(&model, .escape)
        #expect(ids(model) == ["node", "stores", "orders", "billing", "socket"])
    }

    @Test("Finding goes to the next process that has the text, unfolding what is above it")
    func finding() throws {
        var model = try TopTrees.model()
        press(&model, .character("/"), .character("C"), .character("o"))
        #expect(model.mode == .finding("Co"))
        #expect(model.selected?.node.path == "node/stores/orders/core")
        press(&model, .character("x"), .backspace, .enter, .character("n"))
        #expect(model.mode == .tree)
        #expect(model.selected?.node.path == "node/stores/billing/core")
        // What is found already is where one stays.
        press(&model, .character("/"), .character("c"), .character("o"), .enter)
        #expect(model.selected?.node.path == "node/stores/billing/core")
        press(&model, .character("n"))
        #expect(model.selected?.node.path == "node/stores/orders/core")
    }

    @Test("The pace stays within what it may be")
    func pace() throws {
        var model = TopModel(pace: 1)
        press(&model, .character("-"))
        #expect(model.pace == 1)
        for _ in 0..<70 { press(&model, .character("+")) }
        #expect(model.pace == 60)
    }

    @Test("Bytes become keys, however they are cut")
    func keys() {
        let bytes = Array("a\u{1B}[A\u{1B}OB\u{1B}[5~é\r\u{7F}\u{1B}[99z\u{3}".utf8)
        let expected: [TopKey] = [
            .character("a"), .up, .down, .pageUp, .character("é"), .enter, .backspace, .character("q"),
        ]
        for cut in 0...bytes.count {
            var reader = TopKeyReader()
            let keys = reader.take(Array(bytes[..<cut]), isAll: false) + reader.take(Array(bytes[cut...]), isAll: false)
            #expect(keys == expected)
        }
        var reader = TopKeyReader()
        #expect(reader.take([0x1B], isAll: false) == [])
        #expect(reader.take([], isAll: true) == [.escape])
        #expect(reader.take([0xFF, 0xC3], isAll: true) == [])
        #expect(reader.take(Array("q".utf8), isAll: true) == [.character("q")])
    }

    @Test("A metric's labels are read with whatever stands in them")
    func samples() {
        #expect(MetricSample("up 1")?.value == 1)
        let sample = MetricSample("m{store=\"a,b=\\\"c\\\"}\",other=\"x\\\\y\\n\"} 2.5")
        #expect(sample?.labels == ["store": "a,b=\"c\"}", "other": "x\\y\n"])
        #expect(sample?.value == 2.5)
        #expect(MetricSample("") == nil)
        #expect(MetricSample("m{a=\"b\"}") == nil)
        #expect(MetricSample("m +Inf") == nil)
    }
}

private actor Idle: ProcessActor {}
