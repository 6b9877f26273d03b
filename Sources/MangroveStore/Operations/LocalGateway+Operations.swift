import Mangrove

extension LocalGateway {
    /// Has the node carry something out.
    public func operation(_ request: OperationRequest) -> NodeOperation {
        NodeOperation { [self] in
            let number = runtime.environment.randomness.next() >> 16
            switch request {
            case .backUp(let request):
                try check(path: request.target)
                if let kept = request.kept, kept < 1 {
                    throw StoreError.invalid("at least one backup is kept, not \(kept)")
                }
                if let rate = request.bytesPerSecond, rate < 1 {
                    throw StoreError.invalid("a backup takes at least a byte a second, not \(rate)")
                }
                return try await OperationWorker.start("backup-\(number)", in: runtime) { [self] board in
                    .backedUp(try await backUp(request, board))
                }
            case .migrate(let request):
                try request.check()
                return try await OperationWorker.start("migration-\(number)", in: runtime) { [self] board in
                    .migrated(try await migrate(request, board))
                }
            case .restore(let request):
                try check(path: request.source)
                return try await OperationWorker.start("restore-\(number)", in: runtime) { [self] board in
                    .restored(try await restore(request, board))
                }
            }
        }
    }

    private func check(path: String) throws(StoreError) {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw .invalid("the path of a backup must not be empty") }
    }

    // MARK: Backup

    private func backUp(_ request: BackupRequest, _ board: OperationBoard) async throws -> BackupReport {
        let (runtime, disk) = (runtime, runtime.environment.disk)
        let target = BackupTarget(disk: disk, path: request.target)
        let (engines, missing) = try await engines(of: request)
        let lock = try await runtime.environment.blocking.run { try target.take() }
        defer { lock.unlock() }
        var copied: [String: BackupManifest.File] = [:]
        var attempts = 3
        while true {
            attempts -= 1
            do throws(BackupInterrupted) {
                var report = try await copy(request, target, lock, engines, copied, board)
                report.missing = missing
                note(report)
                if let kept = request.kept {
                    report.removed = try await pruned(target, kept)
                }
                return report
            } catch {
                // An engine was restarted, and its successor has removed what compaction had replaced: what was copied
                // is as good as before.
                guard attempts > 0, case .unavailable? = error.cause as? StoreError else { throw error.cause }
                copied = error.copied
                try await runtime.sleep(for: .milliseconds(100))
            }
        }
    }

    private func note(_ report: BackupReport) {
        let summary = "backup \(report.number) of \(report.stores.count) stores, \(report.copied) bytes copied"
        runtime.emit(StoreEvents.backedUp) { (report.target, summary) }
    }

    private func pruned(_ target: BackupTarget, _ kept: Int) async throws(BackupInterrupted) -> [Int] {
        do {
            return try await runtime.environment.blocking.run { try target.prune(keeping: kept) }
        } catch {
            throw BackupInterrupted(cause: error, copied: [:])
        }
    }

    /// The stores to be copied, all of them open; and those that cannot be.
    private func engines(of request: BackupRequest) async throws -> (stores: [String], missing: [String: String]) {
        guard let stores = request.stores else {
            return try await openEngines(of: try await stores().map(\.id))
        }
        guard !stores.isEmpty else { throw StoreError.invalid("a backup is of one store at least") }
        let sorted = Set(stores).sorted()
        for store in sorted { try await retrying(store) { _ = try self.session(of: store) } }
        return (sorted, [:])
    }

    /// Opens stores side by side: those that do not come are waited for once, and not all of a thousand at once.
    private func openEngines(of ids: [String]) async throws -> (stores: [String], missing: [String: String]) {
        try await withThrowingTaskGroup(of: (String, StoreError?).self) { group in
            var (open, missing): ([String], [String: String]) = ([], [:])
            func take(_ outcome: (String, StoreError?)) {
                if let error = outcome.1 { missing[outcome.0] = error.description } else { open.append(outcome.0) }
            }
            for (number, id) in ids.enumerated() {
                if number >= 16, let outcome = try await group.next() { take(outcome) }
                group.addTask { [self] in
                    do {
                        try await retrying(id) { _ = try session(of: id) }
                        return (id, nil)
                    } catch let error as StoreError {
                        return (id, error)
                    }
                }
            }
            for try await outcome in group { take(outcome) }
            return (open.sorted(), missing)
        }
    }

    private func session(of store: String) throws(StoreError) -> EngineSession {
        guard let session = node.running.session(of: store) else {
            throw .unavailable(store: store, why: "it is restarting")
        }
        return session
    }

    private func copy(
        _ request: BackupRequest,
        _ target: BackupTarget,
        _ lock: any DiskLock,
        _ stores: [String],
        _ known: [String: BackupManifest.File],
        _ board: OperationBoard
    ) async throws(BackupInterrupted) -> BackupReport {
        let blocking = runtime.environment.blocking
        var copied = known
        var pins: [LogPin] = []
        do {
            var sessions: [EngineSession] = []
            for store in stores {
                try await retrying(store) { _ = try self.session(of: store) }
                sessions.append(try session(of: store))
            }
            let cuts = try StoreEngine.cut(sessions.map(\.engine))
            pins = cuts.map(\.pin)
            let made = Timestamp(microseconds: runtime.clock.civilMicroseconds())
            let sources = Dictionary(uniqueKeysWithValues: sessions.map { ($0.engine.store, $0.engine.directory) })
            let logs = cuts.map(\.cut)
            var run = try await blocking.run { [copied] in
                try BackupRun(target, lock: lock, cuts: logs, sources: sources, made: made, copied: copied)
            }
            var bucket = CopyPace(request.bytesPerSecond, runtime.clock.now())
            while true {
                board.report(run.progress)
                let (next, bytes) = try await blocking.run { [run] in
                    var run = run
                    let bytes = try run.step()
                    return (run, bytes)
                }
                run = next
                copied = run.copied
                try Task.checkCancellation()
                guard let bytes else { break }
                let pause = bucket.pause(after: bytes, at: runtime.clock.now())
                if pause > .zero { try await runtime.sleep(for: pause) }
            }
            for pin in pins { try await blocking.run { pin.release() } }
            guard let report = run.report else { throw StoreError.unavailable(store: "", why: "there is no backup") }
            return report
        } catch {
            let held = pins
            try? await blocking.run { for pin in held { pin.release() } }
            throw BackupInterrupted(cause: error, copied: copied)
        }
    }

    // MARK: Restore

    private func restore(_ request: RestoreRequest, _ board: OperationBoard) async throws -> RestoreReport {
        let (environment, data) = (runtime.environment, node.data.path)
        // One at a time: they share a stage.
        let lease = await node.leases.take(data + "/" + RestoreStage.name)
        defer { lease.release() }
        let stage = RestoreStage(disk: environment.disk, data: data)
        var isPublishing = false
        do {
            var run = try await environment.blocking.run {
                try RestoreRun(request, into: data, on: environment.disk) {
                    StoreIdentity(high: environment.randomness.next(), low: environment.randomness.next())
                }
            }
            while true {
                board.report(run.progress)
                let (next, isMore) = try await environment.blocking.run { [run] in
                    var run = run
                    let isMore = try run.step()
                    return (run, isMore)
                }
                run = next
                try Task.checkCancellation()
                guard isMore else { break }
            }
            isPublishing = true
            try await publish(run.ids, stage)
            return run.report
        } catch {
            // The manager may still be at it; what it leaves, the next restore or start settles.
            if !isPublishing { try? await environment.blocking.run { try stage.settle() } }
            throw error
        }
    }

    private func publish(_ stores: [String], _ stage: RestoreStage) async throws {
        do {
            try await manager.call(timeout: nil) { manager in
                try await manager.adopt(stores) { () throws(StoreError) in try stage.publish(stores) }
            }
        } catch let error as CallError {
            throw StoreError.unavailable(store: "", why: "the store manager: \(error)")
        }
        guard keepsConfiguration else { return }
        for store in stores { try await adoptRevived(store) }
    }
}

/// Why a copy could not be finished, and what it had copied.
private struct BackupInterrupted: Error {
    var cause: any Error
    var copied: [String: BackupManifest.File]
}

/// Keeps copying to a number of bytes a second.
struct CopyPace {
    private let rate: Int?
    private var due: RuntimeInstant

    init(_ rate: Int?, _ now: RuntimeInstant) {
        self.rate = rate
        due = now
    }

    /// How long to wait after so many bytes.
    mutating func pause(after bytes: Int, at now: RuntimeInstant) -> Duration {
        guard let rate, rate > 0 else { return .zero }
        // What was not used does not count for later.
        if due < now { due = now }
        due = due.advanced(by: .nanoseconds(Int64(Double(bytes) / Double(rate) * 1e9)))
        return now.duration(to: due)
    }
}
