import Benchmark

let benchmarks: @Sendable () -> Void = {
    registerCalls()
    registerCasts()
}
