import Benchmark

let benchmarks: @Sendable () -> Void = {
    registerVirtualTime()
    registerStores()
}
