import Benchmark
import Foundation

let benchmarks: @Sendable () -> Void = {
    // The same program is the node that is killed, when it is started as that.
    if let directory = ProcessInfo.processInfo.environment[servedDirectory] { serve(directory) }
    registerRestarts()
    registerGroups()
    registerDepths()
    registerStoreReopening()
    registerNodeKill()
}
