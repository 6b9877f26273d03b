package import Mangrove

/// A node's data directory: one directory per store, and one owner.
///
/// The owner is whoever holds the kernel's lock on `<path>/lock`; it ends with the process, however that ends.
package final class DataDirectory: Sendable {
    /// A store as the directory shows it.
    package enum Found: Sendable, Equatable {
        /// It is sound enough to be opened.
        case store(Manifest)
        /// Its manifest is damaged or lost.
        case damaged(store: String, StoreError)
    }

    /// The disk it is on.
    package let disk: any Disk
    /// Its path.
    package let path: String
    private let lock: any DiskLock

    /// Takes the directory, creating it and its parents if needed, and cleans away what interrupted creations and removals
    /// of stores left.
    ///
    /// - Parameter owner: who takes it, for the message others get: the process id.
    /// - Throws: ``StoreError/refused(_:)`` if somebody has it, ``StoreError/unavailable(store:why:)`` if the disk refuses.
    package init(disk: any Disk, path: String, owner: String) throws(StoreError) {
        self.disk = disk
        self.path = path
        let outcome = try onDisk("") { () throws(DiskError) in
            try Self.createPath(disk, path)
            let outcome = try disk.lock(path + "/lock", note: owner)
            try disk.syncDirectory(path)
            return outcome
        }
        switch outcome {
        case .held(let lock): self.lock = lock
        case .heldElsewhere(let note): throw .refused("the data directory \(path) is in use by process \(note)")
        }
        for store in try names() {
            do throws(StoreError) {
                try directory(of: store).clean()
            } catch {
                // A damaged store is reported by `stores()`, and must not keep the others from being found.
                guard case .damaged = error else { throw error }
            }
        }
    }

    /// Gives the directory up. Twice is fine.
    package func close() {
        lock.unlock()
    }

    /// The directory of one store, which need not exist.
    package func directory(of store: String) -> StoreDirectory {
        StoreDirectory(disk: disk, dataDirectory: path, store: store)
    }

    /// The stores that exist, sorted by name, and those whose manifest is damaged.
    /// - Throws: ``StoreError/unavailable(store:why:)`` if the disk refuses.
    package func stores() throws(StoreError) -> [Found] {
        var found: [Found] = []
        for store in try names() {
            do throws(StoreError) {
                if case .store(let manifest) = try directory(of: store).state() { found.append(.store(manifest)) }
            } catch {
                guard case .damaged = error else { throw error }
                found.append(.damaged(store: store, error))
            }
        }
        return found
    }

    private func names() throws(StoreError) -> [String] {
        try onDisk("") { () throws(DiskError) in
            var names: [String] = []
            for name in try disk.list(path) where StoreID.isValid(name) {
                if try disk.kind(of: path + "/" + name) == .directory { names.append(name) }
            }
            return names
        }
    }

    /// Creates the directories of a path that are missing, each durable in its parent.
    private static func createPath(_ disk: any Disk, _ path: String) throws(DiskError) {
        if try disk.kind(of: path) == .directory { return }
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        if !parent.isEmpty { try createPath(disk, parent) }
        try disk.createDirectory(path)
        try disk.syncDirectory(parent.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : parent)
    }
}
