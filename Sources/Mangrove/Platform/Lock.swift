#if MANGROVE_THREAD_SANITIZER
    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Musl)
        import Musl
    #else
        import Glibc
    #endif
#else
    public import Synchronization
#endif

/// The one lock of the house: a value that can only be touched inside ``withLock(_:)``.
///
/// It is `Synchronization.Mutex`, except under the thread sanitizer (built with `-DMANGROVE_THREAD_SANITIZER`), where it
/// is a pthread mutex: the sanitizer cannot see the futex inside the standard library's mutex on Linux and would report
/// correct code as racing.
///
/// Not recursive. Never call out to user code, resume a continuation or block while holding it.
public final class Lock<Value>: Sendable {
    @usableFromInline let guarded: InlineLock<Value>

    /// Makes a lock that guards `value`.
    public init(_ value: sending Value) {
        guarded = InlineLock(value)
    }

    /// Runs `body` with exclusive access to the value, blocking the thread until it is free.
    @inlinable @inline(__always)
    public func withLock<Result, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try guarded.withLock(body)
    }
}

/// A ``Lock`` that lies inside the object it belongs to, without an object of its own.
@usableFromInline
struct InlineLock<Value: ~Copyable>: ~Copyable, Sendable {
    #if MANGROVE_THREAD_SANITIZER
        // The value has an address of its own: inside the object the sanitizer would take its neighbours for part of it.
        @usableFromInline let guarded: ThreadLock<Value>

        init(_ value: consuming sending Value) {
            guarded = ThreadLock(value)
        }

        @usableFromInline
        func withLock<Result, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            try guarded.withLock(body)
        }
    #else
        @usableFromInline let mutex: Mutex<Value>

        init(_ value: consuming sending Value) {
            mutex = Mutex(value)
        }

        @inlinable @inline(__always)
        func withLock<Result, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            try mutex.withLock(body)
        }
    #endif
}

#if MANGROVE_THREAD_SANITIZER
    /// A lock that the thread sanitizer can see.
    @usableFromInline
    final class ThreadLock<Value: ~Copyable>: Sendable {
        // Safe: `guarded` is only reached between lock and unlock of `mutex`, and `mutex` has a stable address for the life
        // of this object.
        private nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t>
        // With a byte beside it: a value of no size would lie at the address of `mutex`, and a change of the one be taken for
        // a race with a reading of the other.
        private nonisolated(unsafe) var guarded: Present

        private struct Present: ~Copyable {
            var value: Value
            let presence: UInt8 = 0
        }

        init(_ value: consuming sending Value) {
            guarded = Present(value: value)
            mutex = .allocate(capacity: 1)
            mutex.initialize(to: pthread_mutex_t())
            pthread_mutex_init(mutex, nil)
        }

        deinit {
            pthread_mutex_destroy(mutex)
            mutex.deallocate()
        }

        func withLock<Result, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            return try body(&guarded.value)
        }
    }
#endif
