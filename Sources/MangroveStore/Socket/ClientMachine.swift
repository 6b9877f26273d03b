/// What the client's side of a connection knows: which calls are under way, how far each has come, and what is to be sent.
///
/// Every call ends exactly once, in a ``Completion`` that is returned here and carried out by the caller. A call that the
/// node cannot have begun ends as `unavailable`; one that it may have carried out, and that changes something, as
/// `outcomeUnknown`. Times are nanoseconds of one clock that never goes back.
struct ClientMachine<Waiter: Sendable> {
    /// The end of a call: who waits, and for what.
    struct Completion: Sendable {
        var waiter: Waiter
        var result: Result<[UInt8], StoreError>
    }

    /// What the sending thread is to do.
    enum Sending: Sendable, Equatable {
        case frame(call: UInt64, bytes: [UInt8])
        case stop
    }

    private enum Phase {
        /// Has a number, but its waiter has not come yet.
        case reserved
        /// Was cancelled before its waiter came.
        case cancelled
        case queued
        /// Handed to the kernel, wholly or partly: the node may carry it out.
        case sent
    }

    private struct Call {
        var store: String
        var changesSomething: Bool
        /// When it was made, or last heard of; nil if it may wait for as long as nothing happens.
        var heardOf: UInt64?
        var phase = Phase.reserved
        var waiter: Waiter?
        var answer: [UInt8] = []
    }

    private var calls: [UInt64: Call] = [:]
    private var outbox: [(call: UInt64, bytes: [UInt8])] = []
    private var lastCall: UInt64 = 0
    /// Why nothing can be sent any more, once that is so.
    private var ended: String?

    /// Gives a call its number. It must be admitted next, whatever happens.
    /// - Parameter now: the time, for a call that is to be answered within one.
    mutating func reserve(store: String, changesSomething: Bool, now: UInt64? = nil) -> UInt64 {
        lastCall += 1
        calls[lastCall] = Call(store: store, changesSomething: changesSomething, heardOf: now)
        return lastCall
    }

    /// The waiter has come: queues the call's frame, or says at once why not.
    mutating func admit(_ call: UInt64, _ bytes: [UInt8], _ waiter: Waiter) -> Completion? {
        guard var entry = calls[call], ended == nil, case .reserved = entry.phase else {
            let store = calls.removeValue(forKey: call)?.store ?? ""
            let why = ended ?? "the call was cancelled"
            return Completion(waiter: waiter, result: .failure(.unavailable(store: store, why: why)))
        }
        entry.phase = .queued
        entry.waiter = waiter
        calls[call] = entry
        outbox.append((call, bytes))
        return nil
    }

    /// The caller does not want to wait any more; that can come before its waiter does.
    mutating func cancel(_ call: UInt64) -> Completion? {
        if case .reserved? = calls[call]?.phase {
            calls[call]?.phase = .cancelled
            return nil
        }
        return fail(call, "the call was cancelled")
    }

    /// What is to be sent next, or nothing yet.
    mutating func nextToSend() -> Sending? {
        if ended != nil { return .stop }
        while !outbox.isEmpty {
            let next = outbox.removeFirst()
            guard calls[next.call] != nil else { continue }
            calls[next.call]?.phase = .sent
            return .frame(call: next.call, bytes: next.bytes)
        }
        return nil
    }

    /// A frame could not be sent whole, so the node cannot have begun its call, nor any that is queued. Answers to earlier
    /// calls may still come.
    mutating func sendingFailed(_ call: UInt64, _ why: String) -> [Completion] {
        ended = ended ?? why
        calls[call]?.phase = .queued
        return calls.keys.sorted().compactMap { key in
            guard case .queued? = calls[key]?.phase else { return nil }
            return fail(key, why)
        }
    }

    /// Some of an answer has come. Answers nobody waits for any more are dropped.
    mutating func received(_ part: [UInt8], for call: UInt64, now: UInt64 = 0) {
        calls[call]?.answer.append(contentsOf: part)
        if calls[call]?.heardOf != nil { calls[call]?.heardOf = now }
    }

    /// Ends the calls that were not heard of since `time`; their answers are dropped when they come.
    mutating func expire(before time: UInt64, _ why: String) -> [Completion] {
        calls.keys.sorted().compactMap { key in
            guard let heardOf = calls[key]?.heardOf, heardOf < time else { return nil }
            return fail(key, why)
        }
    }

    /// The rest of an answer has come.
    mutating func received(last part: [UInt8], for call: UInt64) -> Completion? {
        guard let entry = calls[call], let waiter = entry.waiter else { return nil }
        calls[call] = nil
        return Completion(waiter: waiter, result: .success(entry.answer + part))
    }

    /// The answer is an error.
    mutating func received(_ error: StoreError, for call: UInt64) -> Completion? {
        guard let waiter = calls[call]?.waiter else { return nil }
        calls[call] = nil
        return Completion(waiter: waiter, result: .failure(error))
    }

    /// The connection is over: so is every call.
    mutating func end(_ why: String) -> [Completion] {
        ended = ended ?? why
        outbox = []
        return calls.keys.sorted().compactMap { fail($0, why) }
    }

    /// Ends a call that has a waiter.
    private mutating func fail(_ call: UInt64, _ why: String) -> Completion? {
        guard let entry = calls[call], let waiter = entry.waiter else { return nil }
        calls[call] = nil
        var error = StoreError.unavailable(store: entry.store, why: why)
        if entry.changesSomething, case .sent = entry.phase {
            error = .outcomeUnknown(store: entry.store, why: why)
        }
        return Completion(waiter: waiter, result: .failure(error))
    }
}
