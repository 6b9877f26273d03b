import MangroveTesting
import Testing

@testable import Mangrove

@Suite struct RestartWindowTests {
    private func admitted(_ stamps: [Int64], _ intensity: RestartIntensity) -> [Bool] {
        var window = RestartWindow()
        return stamps.map { window.admit(at: RuntimeInstant(nanoseconds: $0), intensity) }
    }

    @Test("A restart exactly one period old still counts, and one a nanosecond older does not")
    func inclusive() {
        let period: Int64 = 5_000_000_000
        let intensity = RestartIntensity(1, within: .seconds(5))
        #expect(admitted([7, 7 + period], intensity) == [true, false])
        #expect(admitted([7, 8 + period], intensity) == [true, true])
    }

    @Test("In whole seconds two restarts just under a period and a second apart may count together, as in OTP")
    func wholeSeconds() {
        let intensity = RestartIntensity(1, within: .seconds(1), resolution: .wholeSeconds)
        #expect(admitted([1_100_000_000, 2_900_000_000], intensity) == [true, false])
        #expect(admitted([1_000_000_000, 2_999_999_999], intensity) == [true, false])
        #expect(admitted([1_900_000_000, 3_000_000_000], intensity) == [true, true])
    }

    @Test("With no restarts allowed the first is one too many")
    func none() {
        #expect(admitted([1], RestartIntensity(0)) == [false])
    }

    @Test("Any sequence of restarts is counted as a list that is never pruned would count it", arguments: 0..<50)
    func againstList(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let period = [1, 1_000, 1_000_000_000, 2_500_000_000][Int(generator.next() % 4)]
        let limit = Int(generator.next() % 6)
        let seconds = generator.next() % 2 == 0
        var time = Int64(generator.next() % 3_000_000_000)
        let stamps = (0..<400).map { _ -> Int64 in
            time += Int64(generator.next() % UInt64([2, period, 2 * period][Int(generator.next() % 3)] + 1))
            return time
        }
        let expected = stamps.indices.map { last in
            let unit: Int64 = seconds ? 1_000_000_000 : 1
            let oldest = stamps[last] / unit - Int64(period) / unit
            return stamps[...last].filter { $0 / unit >= oldest }.count <= limit
        }
        let intensity = RestartIntensity(
            limit,
            within: .nanoseconds(period),
            resolution: seconds ? .wholeSeconds : .nanoseconds
        )
        #expect(admitted(stamps, intensity) == expected)
    }
}
