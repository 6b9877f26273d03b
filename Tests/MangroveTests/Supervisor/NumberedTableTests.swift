import MangroveTesting
import Testing

@testable import Mangrove

@Suite("Values by number") struct NumberedTableTests {
    @Test("A table goes as a dictionary would, and lists its values in the order of their numbers", arguments: 0..<20)
    func asDictionary(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
        var table = NumberedTable<Int>()
        var expected: [Int: Int] = [:]
        for step in 0..<2_000 {
            // Few enough numbers that blocks are filled, emptied and made again.
            let number = below(100)
            switch below(4) {
            case 0:
                table.insert(number, step)
                expected[number] = step
            case 1:
                table.update(number) { $0 += 1 }
                if let value = expected[number] { expected[number] = value + 1 }
            default:
                #expect(table.take(number) == expected.removeValue(forKey: number))
            }
            #expect(table.count == expected.count)
            #expect(table[number] == expected[number])
        }
        let sorted = expected.sorted { $0.key < $1.key }
        #expect(table.map(\.key) == sorted.map(\.key))
        #expect(table.map(\.value) == sorted.map(\.value))
    }

    @Test("A copy does not see what happens to the original")
    func copies() {
        var table = NumberedTable<Int>()
        for number in 0..<40 { table.insert(number, number) }
        let copy = table
        table.update(3) { $0 = -1 }
        table.remove(4)
        #expect(copy[3] == 3)
        #expect(copy[4] == 4)
        #expect(copy.count == 40)
        #expect(table.count == 39)
    }

    @Test("A record of a child that has ended keeps its past, and a copy of it its own")
    func past() {
        let process = ProcessID(node: 1, serial: 7)
        var record = DynamicSupervisorMachine.ChildRecord(Worker("a") { Idle() }.spec)
        #expect(record.lastProcess == nil)
        record.state = .running(process)
        record.ended(process, .killed)
        record.beginRestart()
        let copy = record
        record.ended(process, .normal)
        record.beginRestart()
        #expect(record.lastProcess == process)
        #expect((record.restarts, copy.restarts) == (2, 1))
        #expect(copy.lastExit.map { "\($0)" } == "killed")
    }
}

private actor Idle: ProcessActor {}
