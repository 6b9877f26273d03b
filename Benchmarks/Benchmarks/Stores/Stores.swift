import Benchmark

let benchmarks: @Sendable () -> Void = {
    registerAppends()
    registerReads()
    registerRecovery()
    registerSubscribers()
    registerManyStores()
}
