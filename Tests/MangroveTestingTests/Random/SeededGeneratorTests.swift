import MangroveTesting
import Testing

@Suite struct SeededGeneratorTests {
    @Test("The same seed gives the same numbers, for ever")
    func fixed() {
        var generator = SeededGenerator(seed: 0)
        // The first outputs of xoshiro256** for the state that SplitMix64 makes of 0.
        #expect((0..<2).map { _ in generator.next() } == [0x99EC_5F36_CB75_F2B4, 0xBF6E_1F78_4956_452A])
        var again = SeededGenerator(seed: 42)
        var same = SeededGenerator(seed: 42)
        #expect((0..<100).map { _ in again.next() } == (0..<100).map { _ in same.next() })
    }

    @Test("Neighbouring seeds and split generators go their own ways")
    func different() {
        var numbers: Set<UInt64> = []
        for seed in 0..<UInt64(100) {
            var generator = SeededGenerator(seed: seed)
            var part = generator.split()
            numbers.insert(generator.next())
            numbers.insert(part.next())
        }
        #expect(numbers.count == 200)
    }
}
