/// Checks in a trace of system calls that nothing was acknowledged before it was on the disk.
///
/// Every event carries a mark in its data, `mark-a-17-` for line 17 of client `a`. A mark that comes in through a socket is
/// acknowledged by the next thing sent on that socket; the marks of `grove import --acks` by the lines it prints.
struct FlushCheck {
    /// What is wrong.
    private(set) var problems: [String] = []
    /// How many marks were acknowledged.
    private(set) var acknowledged = 0
    /// How many segments were begun after their store was made.
    private(set) var newSegments = 0
    /// How many stores were made.
    private(set) var stores = 0

    private let calls: [SystemCall]
    private var writes: [String: [SystemCall]] = [:]
    private var flushes: [String: [SystemCall]] = [:]
    private var creations: [String: SystemCall] = [:]
    private var renames: [(source: String, target: String, call: SystemCall)] = []
    private var writeOfMark: [String: (path: String, call: SystemCall)] = [:]

    /// Checks a trace.
    /// - Parameter client: whose lines the acknowledgements on standard output are about.
    init(_ trace: String, client: String = "a") throws {
        calls = try SystemCall.calls(in: trace)
        for call in calls { note(call) }
        newSegments = creations.keys.filter { $0.hasSuffix(".log") && !$0.hasSuffix("/00000000000000000001.log") }.count
        stores = renames.count { $0.target.hasSuffix("/manifest") }
        var waiting: [String: [String]] = [:]
        for call in calls {
            let descriptor = call.descriptor ?? ""
            switch call.name {
            case "recvfrom": waiting[descriptor, default: []] += Self.marks(call)
            case "sendto":
                check(stores: call)
                for mark in waiting.removeValue(forKey: descriptor) ?? [] { check(mark, call) }
            case "write" where call.descriptorNumber == 1:
                check(stores: call)
                for mark in Self.acknowledgedLines(call) { check("mark-\(client)-\(mark)-", call) }
            default: break
            }
        }
    }

    private mutating func note(_ call: SystemCall) {
        switch call.name {
        case "write", "pwrite64", "ftruncate":
            guard let path = call.descriptor, path.hasPrefix("/"), call.result.map({ $0 >= 0 }) ?? true else { return }
            writes[path, default: []].append(call)
            for mark in Self.marks(call) where path.hasSuffix(".log") { writeOfMark[mark] = (path, call) }
        case "fdatasync", "fsync":
            guard let path = call.descriptor, call.result == 0 else { return }
            flushes[path, default: []].append(call)
        case "openat":
            guard let path = call.resultPath, call.arguments.contains("O_CREAT"), creations[path] == nil else { return }
            creations[path] = call
        case "mkdir", "mkdirat":
            guard call.result == 0, let path = call.texts.first else { return }
            creations[path] = call
        case "rename", "renameat", "renameat2":
            guard call.result == 0, call.texts.count == 2 else { return }
            renames.append((call.texts[0], call.texts[1], call))
        default: break
        }
    }

    private static func marks(_ call: SystemCall) -> [String] {
        call.arguments.ranges(of: "mark-").map { range in
            let rest = call.arguments[range.upperBound...].split(separator: "-", maxSplits: 2)
            return "mark-\(rest[0])-\(rest[1])-"
        }
    }

    private static func acknowledgedLines(_ call: SystemCall) -> [Int] {
        call.arguments.ranges(of: "lines\\\":[").flatMap { range in
            let numbers = call.arguments[range.upperBound...].prefix { $0 != "]" }.split(separator: ",").compactMap {
                Int($0)
            }
            return numbers.count == 2 ? Array(numbers[0]...numbers[1]) : []
        }
    }

    // MARK: Checks

    private mutating func note(problem: String) {
        // One missing flush shows at many places.
        if problems.count < 20, !problems.contains(problem) { problems.append(problem) }
    }

    /// Whether a file or directory was flushed after `call` had ended, and before `answer` began.
    private func isFlushed(_ path: String, after call: SystemCall, before answer: SystemCall) -> Bool {
        (flushes[path] ?? []).contains { $0.begin > call.end && $0.end < answer.begin }
    }

    /// The record with this mark, and all before it, must be on the disk.
    private mutating func check(_ mark: String, _ answer: SystemCall) {
        acknowledged += 1
        guard let record = writeOfMark[mark], record.call.end < answer.begin else {
            note(problem: "\(mark) is acknowledged before it is written")
            return
        }
        let directory = Self.parent(record.path)
        for (path, calls) in writes where Self.parent(path) == directory && path.hasSuffix(".log") {
            let earlier = calls.filter { $0.begin <= record.call.begin }
            for call in earlier where !isFlushed(path, after: call, before: answer) {
                note(problem: "\(mark) is acknowledged before \(path) is flushed")
            }
            if !earlier.isEmpty { check(name: path, answer, "\(mark) is acknowledged") }
        }
    }

    /// The stores made so far must be on the disk.
    private mutating func check(stores answer: SystemCall) {
        for (source, target, call) in renames where target.hasSuffix("/manifest") && call.begin < answer.begin {
            let contents = writes[source] ?? []
            if contents.isEmpty || contents.contains(where: { !isFlushed(source, after: $0, before: call) }) {
                note(problem: "\(target) gets its name before it is flushed")
            }
            if !isFlushed(Self.parent(target), after: call, before: answer) {
                note(problem: "there is an answer before the directory of \(target) is flushed")
            }
            check(name: Self.parent(target), answer, "there is an answer")
            let log = Self.parent(target) + "/raft_logs"
            for path in creations.keys where Self.parent(path) == log || path == log {
                if creations[path].map({ $0.begin < call.begin }) == true {
                    check(name: path, call, "a manifest is made")
                }
            }
        }
    }

    /// The name of a file or directory, and of those it is in, must be on the disk, as far as they are new.
    private mutating func check(name path: String, _ answer: SystemCall, _ what: String) {
        var path = path
        while !path.isEmpty {
            let parent = Self.parent(path)
            if let creation = creations[path], !isFlushed(parent, after: creation, before: answer) {
                note(problem: "\(what) before the directory of \(path) is flushed")
            }
            path = parent
        }
    }

    private static func parent(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}
