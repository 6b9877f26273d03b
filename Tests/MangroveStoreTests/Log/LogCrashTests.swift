import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct LogCrashTests {
    @Test(
        "Whatever the crash, all that was acknowledged is there once and in order, and no batch by half",
        arguments: [[CrashPolicy.dropAll], [.keepAll], [.random], [.dropAll, .keepAll, .random]],
        [0, 64 << 10]
    )
    func crashes(policies: [CrashPolicy], ahead: Int) throws {
        var crashes = 0
        for seed in 0..<UInt64(120) {
            var run = CrashRun(seed: seed, policies: policies, ahead: ahead)
            do {
                try run.run(rounds: 12)
            } catch {
                Issue.record("seed \(seed), policies \(policies): \(error)")
                return
            }
            crashes += run.crashes
        }
        #expect(crashes > 300)
    }

    @Test(
        "The check above fails for an engine that does not flush, or does not sync directories",
        arguments: [true, false],
        [0, 64 << 10]
    )
    func checkCanFail(flushesFiles: Bool, ahead: Int) throws {
        var failures = 0
        for seed in 0..<UInt64(40) {
            var run = CrashRun(seed: seed, policies: [.dropAll], ahead: ahead) {
                ForgetfulDisk(disk: $0, flushesFiles: flushesFiles, syncsDirectories: !flushesFiles)
            }
            do { try run.run(rounds: 12) } catch { failures += 1 }
        }
        #expect(failures > 10)
    }
}
