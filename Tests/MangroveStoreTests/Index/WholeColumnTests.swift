import MangroveTesting
import Testing

@testable import MangroveStore

/// The table of fingerprints made at once, as from a checkpoint.
@Suite struct WholeColumnTests {
    @Test("Made at once it finds what it finds when it is filled one by one", arguments: [0, 1, 1_000, 30_000])
    func same(count: Int) {
        var generator = SeededGenerator(seed: UInt64(count))
        var column = ChunkedArray<UInt64>()
        for position in 0..<count {
            // Some of them twice, and more than fit into one shard with the same upper bits.
            let isCrowded = position % 10 == 0
            let fingerprint: UInt64 =
                position % 97 == 96 ? column[position - 1] : generator.next() >> (isCrowded ? 20 : 0)
            column.append(fingerprint)
        }
        func isPresent(_ position: Int) -> Bool { position % 7 != 3 }
        var table = FingerprintTable(of: column, where: isPresent)
        for position in 0..<count {
            let expected = (max(0, position - 1)..<min(count, position + 2)).filter {
                column[$0] == column[position] && isPresent($0)
            }
            #expect(table.positions(of: column[position], in: column).map { Int($0) }.sorted() == expected)
        }
        // And it goes on growing.
        for _ in 0..<5_000 {
            column.append(generator.next())
            let position = column.count - 1
            table.insert(UInt32(position), column[position], in: column)
            #expect(table.positions(of: column[position], in: column) == [UInt32(position)])
        }
    }
}
