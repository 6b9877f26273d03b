import Mangrove

/// Watches what a store needs of its node: room on the disk.
///
/// It warns before the disk is full; when it nearly is, appends are refused with a typed error, so that the engine does not
/// come upon it, and reading, deleting and compacting go on.
actor NodeMonitor: ProcessActor, LongRunning {
    private let runtime: Runtime
    private let place: StorePlace
    private(set) var freeBytes: Int?
    private var isLow = false

    init(_ context: ProcessContext, _ place: StorePlace) {
        runtime = context.runtime
        self.place = place
    }

    /// What is wrong, if anything is.
    var problem: String? {
        isLow ? "only \(freeBytes ?? 0) bytes are free on its disk" : nil
    }

    func run() async throws {
        let environment = runtime.environment
        let directory = place.directory
        while true {
            do {
                note(try await environment.blocking.run { try environment.disk.freeSpace(at: directory) })
            } catch let error as DiskError {
                // A disk that cannot be asked is no reason to take the store down; if it fails, the engine will say so.
                runtime.emit(StoreEvents.diskUnknown) { (place.store, LoggedError(error)) }
            }
            try await runtime.sleep(for: place.controls.settings(of: place.store).monitorInterval)
        }
    }

    private func note(_ free: Int) {
        place.controls.note(free: free, of: place.store)
        let low = free < place.controls.settings(of: place.store).lowDiskBytes
        if low, !isLow {
            runtime.emit(StoreEvents.diskLow) { (place.store, free) }
        }
        freeBytes = free
        isLow = low
    }
}
