import Benchmark

let benchmarks: @Sendable () -> Void = {
    registerAppends()
    registerReads()
    registerSockets()
    registerSubscribers()
    registerManyStores()
}
