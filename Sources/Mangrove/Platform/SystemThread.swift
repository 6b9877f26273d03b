#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Threads of our own, for what must not run on the cooperative pool: timers and work that blocks.
package enum SystemThread {
    /// Starts a detached thread; `name` shows in debuggers where the system lets Swift set it (not on Linux).
    /// - Returns: whether the system gave us one.
    @discardableResult
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        let start = Unmanaged.passRetained(ThreadStart(name: name, body: body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let status = pthread_create(&thread, &attributes, threadMain, start.toOpaque())
        if status != 0 { start.release() }
        return status == 0
    }
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

#if canImport(Darwin)
    private let threadMain: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { argument in
        runThread(argument)
        return nil
    }
#else
    private let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
        if let argument { runThread(argument) }
        return nil
    }
#endif

private func runThread(_ argument: UnsafeMutableRawPointer) {
    let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
    #if canImport(Darwin)
        pthread_setname_np(start.name)
    #endif
    start.body()
}

/// Wakes a waiting thread; a ring before the wait is not lost.
package final class ThreadSignal: Sendable {
    // Safe: initialised before and destroyed after every use, at addresses that do not move; the pthread calls
    // synchronise the rest, `rung` being read and written between lock and unlock only.
    private nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private nonisolated(unsafe) let condition: UnsafeMutablePointer<pthread_cond_t>
    private nonisolated(unsafe) var rung = false

    /// Makes a signal.
    package init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition = .allocate(capacity: 1)
        condition.initialize(to: pthread_cond_t())
        #if canImport(Darwin)
            pthread_cond_init(condition, nil)
        #else
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(condition, &attributes)
            pthread_condattr_destroy(&attributes)
        #endif
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Wakes one waiter, now or when it comes.
    package func ring() {
        pthread_mutex_lock(mutex)
        rung = true
        pthread_mutex_unlock(mutex)
        // Only then, or the thread that wakes finds the lock still taken and goes to sleep again.
        pthread_cond_signal(condition)
    }

    /// Blocks the thread until rung, or until `nanoseconds` have passed.
    package func wait(nanoseconds: Int64? = nil) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard let nanoseconds else {
            while !rung { pthread_cond_wait(condition, mutex) }
            rung = false
            return
        }
        #if canImport(Darwin)
            var delay = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
            while !rung {
                if pthread_cond_timedwait_relative_np(condition, mutex, &delay) != 0 { break }
            }
        #else
            var deadline = timespec()
            clock_gettime(CLOCK_MONOTONIC, &deadline)
            let sum = Int64(deadline.tv_nsec) + nanoseconds % 1_000_000_000
            deadline.tv_sec += Int(nanoseconds / 1_000_000_000 + sum / 1_000_000_000)
            deadline.tv_nsec = Int(sum % 1_000_000_000)
            while !rung {
                if pthread_cond_timedwait(condition, mutex, &deadline) != 0 { break }
            }
        #endif
        rung = false
    }
}
