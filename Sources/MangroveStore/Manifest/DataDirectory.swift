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
        /// It should be in a directory elsewhere, and is not: its disk is not there, probably.
        case missing(store: String, StoreError)
    }

    /// The disk it is on.
    package let disk: any Disk
    /// Its path.
    package let path: String
    let owner: String
    /// Where the files of the stores are that are not in a directory of their name, and who holds those directories.
    let elsewhere = Lock<[String: String]>([:])
    let claims = Lock<[String: any DiskLock]>([:])
    private let lock: any DiskLock

    /// Takes the directory, creating it and its parents if needed, and cleans away what interrupted creations and removals
    /// of stores left, and what an interrupted restore left, unless its stores were to appear: then they do.
    ///
    /// - Parameter owner: who takes it, for the message others get: the process id.
    /// - Throws: ``StoreError/refused(_:)`` if somebody has it, ``StoreError/unavailable(store:why:)`` if the disk refuses.
    package init(disk: any Disk, path: String, owner: String) throws(StoreError) {
        self.disk = disk
        self.path = path
        self.owner = owner
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
        try RestoreStage(disk: disk, data: path).settle()
        for store in try names() {
            do throws(StoreError) {
                if try !cleanLink(of: store) { try directory(of: store).clean() }
            } catch {
                // A damaged store is reported by `stores()`, and must not keep the others from being found; what another
                // disk does not let go of now is left for the next start.
                if case .damaged = error { continue }
                guard try link(of: store) != nil else { throw error }
            }
        }
    }

    /// Gives the directory up. Twice is fine.
    package func close() {
        for lock in claims.withLock({ Array($0.values) }) { lock.unlock() }
        lock.unlock()
    }

    /// The directory of one store, which need not exist.
    package func directory(of store: String) -> StoreDirectory {
        if let path = elsewhere.withLock({ $0[store] }) { return StoreDirectory(disk: disk, path: path, store: store) }
        return home(of: store)
    }

    /// The directory of a store's name, which holds its files or says where they are.
    func home(of store: String) -> StoreDirectory {
        StoreDirectory(disk: disk, dataDirectory: path, store: store)
    }

    /// The stores that exist, sorted by name, and those whose manifest is damaged.
    /// - Throws: ``StoreError/unavailable(store:why:)`` if the disk refuses.
    package func stores() throws(StoreError) -> [Found] {
        var found: [Found] = []
        for store in try names() {
            do throws(StoreError) {
                if let entry = try find(store) { found.append(entry) }
            } catch {
                guard case .damaged = error else { throw error }
                found.append(.damaged(store: store, error))
            }
        }
        return found
    }

    private func find(_ store: String) throws(StoreError) -> Found? {
        guard let link = try link(of: store) else {
            guard case .store(let manifest) = try directory(of: store).state() else { return nil }
            return .store(manifest)
        }
        // Not made to the end, or being erased: it is no store.
        guard link.state == .here else { return nil }
        do throws(StoreError) {
            return .store(try follow(link, of: store))
        } catch {
            guard case .unavailable = error else { throw error }
            return .missing(store: store, error)
        }
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
    package static func createPath(_ disk: any Disk, _ path: String) throws(DiskError) {
        if try disk.kind(of: path) == .directory { return }
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        if !parent.isEmpty { try createPath(disk, parent) }
        try disk.createDirectory(path)
        try disk.syncDirectory(parent.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : parent)
    }
}
