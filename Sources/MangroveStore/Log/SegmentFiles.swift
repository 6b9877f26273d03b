package import Mangrove

/// The segments of one log held open for reading: a bounded number, the longest unused closed first.
///
/// A file is closed once its last reader is done with it. The lock is a leaf: nothing else is taken under it, and no file
/// is opened under it.
package final class SegmentFiles: Sendable {
    private struct State {
        var open: [SegmentID: (file: any DiskFile, used: Int)] = [:]
        var clock = 0
        var closed = false
    }

    private let disk: any Disk
    private let directory: String
    private let limit: Int
    private let state = Lock(State())

    /// Makes a set of none.
    package init(disk: any Disk, directory: String, limit: Int) {
        self.disk = disk
        self.directory = directory
        self.limit = limit
    }

    /// The path of a segment.
    package func path(_ segment: SegmentID) -> String {
        directory + "/" + segment.name
    }

    /// How many are open.
    package var count: Int { state.withLock { $0.open.count } }

    /// The segment, open for reading.
    /// - Throws: ``DiskError``.
    package func file(_ segment: SegmentID) throws(DiskError) -> any DiskFile {
        let known: (any DiskFile)? = try state.withLock { state throws(DiskError) in
            guard !state.closed else { throw DiskError(.closed, "open", path(segment)) }
            state.clock += 1
            state.open[segment]?.used = state.clock
            return state.open[segment]?.file
        }
        if let known { return known }
        let file = try disk.open(path(segment), .read)
        state.withLock { state in
            // Another reader may have opened it meanwhile, or all may have been closed: then this one just ends with its
            // reader.
            guard !state.closed, state.open[segment] == nil else { return }
            while state.open.count >= limit, let oldest = state.open.min(by: { $0.value.used < $1.value.used }) {
                state.open[oldest.key] = nil
            }
            state.open[segment] = (file, state.clock)
        }
        return file
    }

    /// Closes a segment that has been replaced.
    package func drop(_ segment: SegmentID) {
        state.withLock { $0.open[segment] = nil }
    }

    /// Closes what nobody has used since the last call of this method.
    package func closeIdle() {
        state.withLock { state in
            state.open = state.open.filter { $0.value.used > 0 }
            for key in state.open.keys { state.open[key]?.used = 0 }
        }
    }

    /// Closes all; later calls fail.
    package func close() {
        state.withLock { state in
            state.closed = true
            state.open = [:]
        }
    }
}
