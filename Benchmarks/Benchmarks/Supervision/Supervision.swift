import Benchmark

let benchmarks: @Sendable () -> Void = {
    registerStarts()
    registerStops()
    registerGrowth()
    registerMemory()
}
