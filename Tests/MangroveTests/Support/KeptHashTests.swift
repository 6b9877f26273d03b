import Mangrove
import Testing

@Suite("Names and ids that keep their hash") struct KeptHashTests {
    @Test("Names are equal when all of their parts are, and a table tells them apart")
    func names() {
        let names = [
            ProcessName("a"), ProcessName("a", scope: "b"), ProcessName("a", key: "b"), ProcessName("b", scope: "a"),
            ProcessName("a", scope: "b", key: "c"), ProcessName("a", scope: "c", key: "b"), ProcessName("a", key: ""),
            "b",
        ]
        var table: [ProcessName: Int] = [:]
        for (number, name) in names.enumerated() { table[name] = number }
        #expect(table.count == names.count)
        for (number, name) in names.enumerated() {
            let again = ProcessName(name.role, scope: name.scope, key: name.key)
            #expect(again == name && again.hashValue == name.hashValue)
            #expect(table[again] == number)
        }
        #expect(table["c"] == nil)
    }

    @Test("A table of many ids finds each of them, also when it is filled from another one")
    func ids() {
        let first = Set((0..<20_000).map { ChildID($0) })
        var second: Set<ChildID> = []
        for id in first { second.insert(id) }
        #expect(first.count == 20_000 && second == first)
        #expect(second.contains("19999") && !second.contains("20000"))
        #expect(ChildID("7") == ChildID(7) && ChildID("7").hashValue == ChildID(7).hashValue)
    }
}
