import Mangrove

extension StreamEncryption {
    /// A snapshot as it is to be kept: encrypted, if the events of its stream are. Blocks.
    /// - Throws: as for events.
    func seal(
        _ snapshot: Snapshot,
        in store: String,
        _ randomness: any RuntimeRandomness
    ) throws(StoreError) -> Snapshot {
        guard applies(snapshot.id.stream, store) else { return snapshot }
        // Of its own for every recording: one that takes another's place must not be encrypted as that was.
        let seal = EventID(high: randomness.next(), low: randomness.next())
        return try onVault(store, "a snapshot cannot be encrypted") {
            let key = try sealingKey(of: snapshot.id.stream, in: store, randomness)
            var sealed = try snapshot.mapTexts { text, part in
                try cipher.seal(text, with: key, at: snapshot.place(part, seal, in: store))
            }
            sealed.seal = seal
            return sealed
        }
    }

    /// A snapshot as it was recorded, or erased if its stream's key is forgotten. Blocks.
    /// - Throws: ``StoreError/unavailable(store:why:)``.
    func open(_ snapshot: Snapshot, in store: String) throws(StoreError) -> Snapshot {
        guard let seal = snapshot.seal else { return snapshot }
        return try onVault(store, "a snapshot cannot be decrypted") {
            var opened = snapshot
            switch try vault.key(of: snapshot.id.stream, in: store) {
            case .present(let key):
                opened = try snapshot.mapTexts { text, part in
                    try cipher.open(text, with: key, at: snapshot.place(part, seal, in: store))
                }
            case .absent, .forgotten:
                opened.data = Array("null".utf8)
                opened.metadata = nil
                opened.isErased = true
            }
            opened.seal = nil
            return opened
        }
    }
}

extension Snapshot {
    fileprivate func place(_ part: SealedPlace.Part, _ seal: EventID, in store: String) -> SealedPlace {
        SealedPlace(store: store, stream: id.stream, id: seal, part: part)
    }

    fileprivate func mapTexts(_ change: ([UInt8], SealedPlace.Part) throws -> [UInt8]) rethrows -> Snapshot {
        var changed = self
        changed.data = try change(data, .snapshot)
        changed.metadata = try metadata.map { try change($0, .snapshotMetadata) }
        return changed
    }
}
