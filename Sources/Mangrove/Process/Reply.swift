internal import Synchronization

/// The means to answer a call in one's own time: in the turn that took it, before its end, or in a later one.
///
/// Handed to the closure of ``ProcessReference/ask(timeout:_:)``. It can be kept, passed on and used from any task. The first
/// answer counts; later ones, and one that comes when the caller has gone, vanish. One that is let go unanswered fails its
/// caller with ``ReplyDropped``; one whose process ends, with ``CallError/exited(_:)``. Source: the `From` of `gen_server`
/// and `gen_server:reply/2`.
public final class Reply<Answer: Sendable>: Sendable {
    private let cell: ProcessCell
    private let waiter: AnswerWaiter<Answer>
    let slot: ReplySlot

    init(_ cell: ProcessCell, _ waiter: AnswerWaiter<Answer>) {
        self.cell = cell
        self.waiter = waiter
        slot = ReplySlot { reason in waiter.fail(CallError.exited(reason)) }
    }

    deinit {
        // Takes no lock of the process: what is in a mailbox may be let go of inside it. That of a process that has ended
        // is settled by its end.
        if !cell.gate.isDead, slot.claim() { waiter.fail(ReplyDropped()) }
    }

    /// Whether it was answered.
    public var isAnswered: Bool { slot.isOver }

    /// Answers the caller, at once.
    /// - Returns: whether this was the first answer, and the caller was still there to receive it.
    @discardableResult
    public func send(_ answer: Answer) -> Bool {
        slot.claim() && waiter.succeed(answer)
    }

    /// Gives the caller an error for an answer, at once.
    /// - Returns: whether this was the first answer, and the caller was still there to receive it.
    @discardableResult
    public func fail(_ error: any Error) -> Bool {
        slot.claim() && waiter.end(.failed(error)) != .over
    }

    /// Ends the process in good order, and answers the caller once `terminate` has run. Source: `{stop, Reason, Reply, State}`.
    ///
    /// ```swift
    /// let last = try await counter.ask { counter, reply in reply.send(counter.value, stopping: .normal) }
    /// ```
    /// - Parameters:
    ///   - answer: what the caller gets, whatever the process ends with.
    ///   - reason: what the process ends with, unless it was ending already.
    public func send(_ answer: Answer, stopping reason: ExitReason) {
        slot.postpone { [waiter] _ in waiter.succeed(answer) }
        cell.requestStop(reason)
    }

    /// The process is to end by a decision of its own: the caller learns that when it has.
    func leaveToTheEnd() {
        slot.postpone { [waiter] reason in waiter.fail(CallError.exited(reason)) }
    }
}

/// A call was taken, and the means to answer it was let go without an answer.
///
/// The process lives; what it did with the call is unknown.
public struct ReplyDropped: Error, Sendable, Equatable {
    /// Makes one.
    public init() {}
}

extension ProcessReference where Target: Actor {
    /// Has the process take a question as one turn, and waits for the answer, which it gives when it sees fit.
    ///
    /// As ``call(timeout:_:)-(_,(Target)->Answer)`` for order, cancellation and deadlocks. What follows an answer in the
    /// same turn is done before the next turn begins, while the caller goes on already: OTP's `handle_continue`. An error
    /// thrown before the answer comes to the caller; one thrown after it has nobody to receive it and ends the process.
    ///
    /// ```swift
    /// let table = try await restaurant.ask { restaurant, reply in restaurant.queue.append(reply) }
    /// ```
    /// - Parameters:
    ///   - timeout: how long to wait for the answer; nil for as long as it takes. The process does not learn of it.
    ///   - body: what to do, on the actor, with the means to answer.
    /// - Throws: ``CallError``; ``ReplyDropped``; `CancellationError`; what `body` throws, or answers with.
    public func ask<Answer: Sendable>(
        timeout: Duration? = .seconds(5),
        _ body: @escaping @Sendable (isolated Target, Reply<Answer>) async throws -> Void
    ) async throws -> Answer {
        let cell = try resolve().cell
        let waiter = AnswerWaiter<Answer>()
        let work = Message.Work.async { actor in
            guard let target = actor as? Target else {
                return waiter.fail(CallError.noProcess("\(cell.label) as \(Target.self)"))
            }
            let reply = Reply(cell, waiter)
            cell.state.withLock { $0.setAside().relations.replies.add(reply.slot) }
            do {
                try await body(target, reply)
            } catch let exit as Exit {
                reply.leaveToTheEnd()
                throw exit
            } catch {
                if reply.isAnswered { throw error }
                guard !reply.fail(error) else { return }
                cell.runtime.counters.lateReplies.add()
                cell.runtime.emit(RuntimeEvents.errorWithoutCaller) { (cell.path, LoggedError(error)) }
            }
        }
        return try await cell.finish(waiter, Message(work, waiter), timeout, on: nil)
    }
}

/// A reply as its process sees it: whether it was given, and what to do if the process ends first.
final class ReplySlot: Sendable {
    private struct State {
        var isOver = false
        var atEnd: (@Sendable (ExitReason) -> Void)?
    }

    private let state: Lock<State>

    init(_ atEnd: @escaping @Sendable (ExitReason) -> Void) {
        state = Lock(State(atEnd: atEnd))
    }

    var isOver: Bool { state.withLock { $0.isOver } }

    /// Whether nothing is left to be done at the end of the process.
    var isSettled: Bool { state.withLock { $0.atEnd == nil } }

    /// - Returns: whether it was not over before.
    func claim() -> Bool {
        state.withLock { state in
            defer { state = State(isOver: true, atEnd: state.isOver ? state.atEnd : nil) }
            return !state.isOver
        }
    }

    /// Leaves the answer to the end of the process, unless it was given before.
    func postpone(_ atEnd: @escaping @Sendable (ExitReason) -> Void) {
        state.withLock { state in
            if !state.isOver { state = State(isOver: true, atEnd: atEnd) }
        }
    }

    func end(_ reason: ExitReason) {
        let action = state.withLock { state in
            state.isOver = true
            return state.atEnd.take()
        }
        action?(reason)
    }
}

/// The replies that a process owes, in the order in which it took the questions.
struct OpenReplies: Sendable {
    private var slots: [ReplySlot] = []
    private var sweepAt = 16

    /// Adds one; those that were given are swept out when they may be half of the list.
    mutating func add(_ slot: ReplySlot) {
        if slots.count >= sweepAt {
            slots.removeAll(where: \.isSettled)
            sweepAt = max(16, slots.count * 2)
        }
        slots.append(slot)
    }

    func end(_ reason: ExitReason) {
        for slot in slots { slot.end(reason) }
    }
}
