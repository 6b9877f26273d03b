import Testing

@testable import MangroveStore

@Suite("The client's side of a connection")
struct ClientMachineTests {
    private var machine = ClientMachine<String>()

    @Test("A call is sent once and completed once")
    mutating func once() {
        let call = machine.reserve(store: "s", changesSomething: true)
        #expect(machine.nextToSend() == nil)
        #expect(machine.admit(call, [1], "w")?.waiter == nil)
        #expect(machine.nextToSend() == .frame(call: call, bytes: [1]))
        #expect(machine.nextToSend() == nil)
        machine.received([1, 2], for: call)
        machine.received([3], for: call)
        let completion = machine.received(last: [4], for: call)
        #expect(completion?.waiter == "w")
        #expect(completion?.result == .success([1, 2, 3, 4]))
        #expect(machine.received(last: [5], for: call)?.waiter == nil)
        #expect(machine.received(.invalid("x"), for: call)?.waiter == nil)
        #expect(machine.cancel(call)?.waiter == nil)
        #expect(machine.end("over").isEmpty)
    }

    @Test("At the end, only changes that were sent have an unknown outcome")
    mutating func ends() {
        for (name, changes, sent) in [("a", true, true), ("b", false, true), ("c", true, false), ("d", false, false)] {
            let call = machine.reserve(store: name, changesSomething: changes)
            _ = machine.admit(call, [], name)
            if sent { _ = machine.nextToSend() }
        }
        let completions = machine.end("over")
        #expect(completions.map(\.waiter) == ["a", "b", "c", "d"])
        #expect(
            completions.map(\.result) == [
                .failure(.outcomeUnknown(store: "a", why: "over")), .failure(.unavailable(store: "b", why: "over")),
                .failure(.unavailable(store: "c", why: "over")), .failure(.unavailable(store: "d", why: "over")),
            ]
        )
        #expect(machine.nextToSend() == .stop)
        #expect(machine.end("again").isEmpty)
        let late = machine.reserve(store: "e", changesSomething: true)
        #expect(machine.admit(late, [], "e")?.result == .failure(.unavailable(store: "e", why: "over")))
    }

    @Test("A frame that could not be sent was not carried out, nor those behind it, but earlier ones may be answered")
    mutating func sendingFails() {
        let calls = ["a", "b", "c"].map { name in
            let call = machine.reserve(store: name, changesSomething: true)
            _ = machine.admit(call, [], name)
            return call
        }
        _ = machine.nextToSend()
        _ = machine.nextToSend()
        let failed = machine.sendingFailed(calls[1], "lost")
        #expect(failed.map(\.waiter) == ["b", "c"])
        #expect(failed.map(\.result) == ["b", "c"].map { .failure(.unavailable(store: $0, why: "lost")) })
        #expect(machine.received(last: [], for: calls[0])?.result == .success([]))
    }

    @Test("A call that is not heard of in time ends, and its answer is dropped; others go on")
    mutating func expiry() {
        let silent = machine.reserve(store: "a", changesSomething: true, now: 10)
        let queued = machine.reserve(store: "b", changesSomething: true, now: 10)
        let patient = machine.reserve(store: "c", changesSomething: false)
        let heard = machine.reserve(store: "d", changesSomething: false, now: 10)
        for (call, name) in [(silent, "a"), (heard, "d"), (patient, "c"), (queued, "b")] {
            _ = machine.admit(call, [], name)
        }
        for _ in 0..<3 { _ = machine.nextToSend() }
        machine.received([1], for: heard, now: 20)
        machine.received([1], for: patient, now: 20)
        #expect(machine.expire(before: 10, "late").isEmpty)
        let expired = machine.expire(before: 11, "late")
        #expect(expired.map(\.waiter) == ["a", "b"])
        #expect(
            expired.map(\.result) == [
                .failure(.outcomeUnknown(store: "a", why: "late")), .failure(.unavailable(store: "b", why: "late")),
            ]
        )
        // What was not sent is not to be: its caller was told so.
        #expect(machine.nextToSend() == nil)
        #expect(machine.received(last: [2], for: silent)?.waiter == nil)
        #expect(machine.received(last: [2], for: heard)?.result == .success([1, 2]))
        #expect(machine.expire(before: 1_000, "late").isEmpty)
        #expect(machine.received(last: [2], for: patient)?.result == .success([1, 2]))
    }

    @Test("A call that is cancelled before its waiter comes is never sent")
    mutating func cancelledFirst() {
        let call = machine.reserve(store: "s", changesSomething: true)
        #expect(machine.cancel(call)?.waiter == nil)
        #expect(
            machine.admit(call, [], "w")?.result == .failure(.unavailable(store: "s", why: "the call was cancelled"))
        )
        #expect(machine.nextToSend() == nil)
        #expect(machine.end("over").isEmpty)
    }

    @Test("A call that is cancelled in the queue is never sent, and one that was sent is unknown")
    mutating func cancelledLater() {
        let queued = machine.reserve(store: "s", changesSomething: true)
        _ = machine.admit(queued, [], "q")
        #expect(machine.cancel(queued)?.result == .failure(.unavailable(store: "s", why: "the call was cancelled")))
        #expect(machine.nextToSend() == nil)
        let sent = machine.reserve(store: "s", changesSomething: true)
        _ = machine.admit(sent, [], "s")
        _ = machine.nextToSend()
        #expect(machine.cancel(sent)?.result == .failure(.outcomeUnknown(store: "s", why: "the call was cancelled")))
        #expect(machine.received(last: [], for: sent)?.waiter == nil)
    }
}

@Suite("The node's side of a connection")
struct ServerConnectionMachineTests {
    private var machine = ServerConnectionMachine(limit: 2)
    private let part = Frame(kind: .part, call: 1, payload: [])
    private let reply = Frame(kind: .reply, call: 1, payload: [])

    @Test("No more is read while as many calls as allowed are under way or their answers unsent")
    mutating func limit() {
        machine.began()
        #expect(machine.nextToRead() == .next)
        machine.began()
        #expect(machine.nextToRead() == nil)
        machine.answered([part, reply])
        #expect(machine.nextToRead() == nil)
        #expect(machine.nextToWrite() == .frame(part))
        #expect(machine.nextToRead() == nil)
        #expect(machine.nextToWrite() == .frame(reply))
        #expect(machine.nextToRead() == .next)
        #expect(machine.nextToWrite() == nil)
    }

    @Test("After the last request, the connection ends when every answer is written")
    mutating func endsInOrder() {
        machine.began()
        machine.endReading()
        #expect(machine.nextToRead() == .stop)
        #expect(machine.nextToWrite() == nil)
        machine.answered([reply])
        #expect(machine.nextToWrite() == .frame(reply))
        #expect(machine.nextToWrite() == .stop)
    }

    @Test("What is said about the connection itself does not count as an answer")
    mutating func lastWord() {
        let word = Frame(kind: .failure, call: 0, payload: [])
        machine.began()
        machine.endReading(word)
        #expect(machine.nextToWrite() == .frame(word))
        #expect(machine.nextToWrite() == nil)
        machine.answered([reply])
        #expect(machine.nextToWrite() == .frame(reply))
        #expect(machine.nextToWrite() == .stop)
    }

    @Test("A connection that is cut writes nothing more")
    mutating func cut() {
        machine.began()
        machine.answered([reply])
        machine.cutOff()
        #expect(machine.nextToRead() == .stop)
        #expect(machine.nextToWrite() == .stop)
        machine.answered([reply])
        #expect(machine.nextToWrite() == .stop)
        #expect(!machine.writerEnded)
        machine.endWriting()
        #expect(machine.writerEnded)
    }
}
