#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What the current thread notes while it runs casts: a process that became busy through one of them, and that the task which
/// runs them goes on to when it is done, so that no other task need be started and no other thread woken.
///
/// And how deep it is in turns that have begun inside one another. Both mean something only while the thread's task does not
/// suspend.
enum ThreadDuty {
    private struct Note {
        var isCollecting = false
        var nesting = 0
        var follower: Unmanaged<ProcessCell>?
    }

    private static let key: pthread_key_t? = {
        var key = pthread_key_t()
        #if canImport(Darwin)
            let status = pthread_key_create(&key) { free($0) }
        #else
            let status = pthread_key_create(&key) { pointer in pointer.map { free($0) } }
        #endif
        return status == 0 ? key : nil
    }()

    private static func note() -> UnsafeMutablePointer<Note>? {
        guard let key else { return nil }
        if let note = pthread_getspecific(key) { return note.assumingMemoryBound(to: Note.self) }
        guard let memory = malloc(MemoryLayout<Note>.size) else { return nil }
        let note = memory.bindMemory(to: Note.self, capacity: 1)
        note.initialize(to: Note())
        if pthread_setspecific(key, memory) == 0 { return note }
        free(memory)
        return nil
    }

    /// Runs `casts`, which does not suspend.
    /// - Returns: the process that is to be drained next by the task that is running here, if there is one.
    static func collect(_ casts: () -> Void) -> ProcessCell? {
        guard let note = note() else {
            casts()
            return nil
        }
        note.pointee.isCollecting = true
        casts()
        note.pointee.isCollecting = false
        return note.pointee.follower.take()?.takeRetainedValue()
    }

    /// How many turns may begin inside one another on one thread: each takes some of its stack.
    private static let deepest = 16

    /// Goes one deeper, for a turn that may begin on this thread inside the one that makes the call; ``climb()`` goes back.
    /// - Returns: false if the thread is too deep in such turns.
    static func descend() -> Bool {
        guard let note = note(), note.pointee.nesting < deepest else { return false }
        note.pointee.nesting += 1
        return true
    }

    /// Goes back up, on the same thread.
    static func climb() {
        note()?.pointee.nesting -= 1
    }

    /// Leaves the drain of a process to the task that is running on this thread, if that takes one.
    static func leave(_ cell: ProcessCell) -> Bool {
        guard let note = note(), note.pointee.isCollecting, note.pointee.follower == nil else { return false }
        note.pointee.follower = Unmanaged.passRetained(cell)
        return true
    }
}
