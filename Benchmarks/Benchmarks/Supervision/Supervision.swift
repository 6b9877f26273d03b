import Benchmark

let benchmarks: @Sendable () -> Void = {
    registerStarts()
    registerStops()
    registerRestarts()
    registerGrowth()
    registerMemory()
}
