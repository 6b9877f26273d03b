import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct FactTableTests {
    private func entry(_ key: FactKey, _ number: Int) -> FactTable.Entry {
        FactTable.Entry(key: key, size: number, small: nil, location: RecordLocation(segment: 1, offset: number))
    }

    @Test("A table of facts answers as a sorted list of them would", arguments: [3, 40, 2000])
    func model(keys: Int) {
        var generator = SeededGenerator(seed: UInt64(keys))
        var table = FactTable()
        // The oracle: a dictionary, sorted for every question.
        var model: [[UInt8]: Int] = [:]
        func key(_ generator: inout SeededGenerator) -> FactKey {
            let number = Int.random(in: 0..<keys, using: &generator)
            return FactKey("k\(number % 7)").appending(UInt64(number))
        }
        for step in 0..<6000 {
            let changed = key(&generator)
            if Int.random(in: 0..<3, using: &generator) == 0 {
                table.remove(changed)
                model[changed.bytes] = nil
            } else {
                table.set(entry(changed, step))
                model[changed.bytes] = step
            }
            guard step % 50 == 0 else { continue }
            #expect(table.count == model.count)
            let asked = key(&generator)
            #expect(table.find(asked)?.size == model[asked.bytes])
            let prefix = FactKey("k\(step % 7)")
            let sorted = model.keys.filter { $0.starts(with: prefix.bytes) }
                .sorted { $0.lexicographicallyPrecedes($1) }
            #expect(table.entries(prefix: prefix).map { $0.key.bytes } == sorted)
            let after = sorted.filter { asked.bytes.lexicographicallyPrecedes($0) }.prefix(5)
            #expect(table.entries(prefix: prefix, after: asked, limit: 5).map { $0.key.bytes } == Array(after))
            let highest = prefix.appending(UInt64(Int.random(in: 0..<keys, using: &generator)))
            let last = sorted.last { !highest.bytes.lexicographicallyPrecedes($0) }
            #expect(table.last(upTo: highest, prefix: prefix)?.key.bytes == last)
        }
    }

    @Test("Keys made of parts sort as their parts do, and come apart again")
    func keys() throws {
        let parts: [(String, UInt64)] = [("", 0), ("a", 1), ("a", 255), ("a", 256), ("a", .max), ("ab", 0), ("b", 3)]
        let keys = parts.map { FactKey($0.0).appending($0.1) }
        #expect(keys == keys.sorted())
        for (key, part) in zip(keys, parts) {
            var reader = FactKey.Parts(key)
            #expect(reader.text() == part.0)
            #expect(reader.number() == part.1)
            #expect(reader.text() == nil)
            #expect(reader.number() == nil)
        }
        #expect(keys[5].starts(with: FactKey("ab")) && !keys[5].starts(with: FactKey("a")))
    }
}
