import Benchmark

let benchmarks: @Sendable () -> Void = {
    registerCalls()
    registerCallers()
    registerCasts()
}
