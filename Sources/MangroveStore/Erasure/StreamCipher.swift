import Mangrove

/// Encrypts what events carry, with a key for each stream.
///
/// A store brings no cipher of its own: give it one of a library that you trust. It must authenticate what it encrypts, and
/// be **deterministic**: the same text with the same key and place gives the same bytes, or a repeated append would look
/// like another event. A nonce made from the place is safe with that: an id is used once in a stream.
///
/// Called on threads that may block, several at a time.
public protocol StreamCipher: Sendable {
    /// How many random bytes make a key.
    var keySize: Int { get }

    /// Encrypts a text.
    /// - Throws: anything; the append fails with ``StoreError/unavailable(store:why:)`` and nothing was appended.
    func seal(_ text: [UInt8], with key: [UInt8], at place: SealedPlace) throws -> [UInt8]

    /// Decrypts what ``seal(_:with:at:)`` gave.
    /// - Throws: anything, if it is not that; the read fails with ``StoreError/unavailable(store:why:)``.
    func open(_ sealed: [UInt8], with key: [UInt8], at place: SealedPlace) throws -> [UInt8]
}

/// Where an encrypted text belongs: what a nonce can be made from, and what else is to be authenticated.
public struct SealedPlace: Sendable, Hashable {
    /// What of an event it is.
    public enum Part: UInt8, Sendable {
        /// Its data.
        case data = 1
        /// Its metadata.
        case metadata = 2
        /// The data of a snapshot that was made of the stream.
        case snapshot = 3
        /// The metadata of such a snapshot.
        case snapshotMetadata = 4
    }

    /// The store.
    public var store: String
    /// The stream.
    public var stream: String
    /// The event; of a snapshot, a random id that no other recording of it has.
    public var id: EventID
    /// What of it.
    public var part: Part

    /// Names a place.
    public init(store: String, stream: String, id: EventID, part: Part) {
        self.store = store
        self.stream = stream
        self.id = id
        self.part = part
    }
}

/// What a vault knows of a stream's key.
public enum StreamKeyState: Sendable, Equatable {
    /// There never was one: the stream's events are not encrypted.
    case absent
    /// The key.
    case present([UInt8])
    /// There was one, and it is gone for good: so is what was encrypted with it.
    case forgotten
}

/// Keeps the keys of streams, apart from the stores: a backup of a store must not hold the keys that erase it.
///
/// Called on threads that may block, several at a time; it should remember what it has read.
public protocol KeyVault: Sendable {
    /// What is known of a stream's key.
    func key(of stream: String, in store: String) throws -> StreamKeyState

    /// The stream's key; `new` becomes that, durably before this returns, if there is none.
    func key(of stream: String, in store: String, orKeep new: [UInt8]) throws -> StreamKeyState

    /// Forgets a stream's key for good, durably before this returns. Later keys for the stream are refused.
    func forget(_ stream: String, in store: String) throws
}

/// Which streams of a node are encrypted, and how.
public struct StreamEncryption: Sendable {
    /// The cipher.
    public var cipher: any StreamCipher
    /// The keys.
    public var vault: any KeyVault
    /// Whether a stream's events are encrypted from now on; those that were stay so.
    public var applies: @Sendable (_ stream: String, _ store: String) -> Bool

    /// Encrypts the streams for which `applies` holds; all of them, unless said otherwise.
    public init(
        cipher: any StreamCipher,
        vault: any KeyVault,
        applies: @escaping @Sendable (_ stream: String, _ store: String) -> Bool = { _, _ in true }
    ) {
        self.cipher = cipher
        self.vault = vault
        self.applies = applies
    }
}

extension StreamEncryption {
    /// The events as they are to be appended: encrypted, if the stream's are. Blocks.
    /// - Throws: ``StoreError/streamDeleted(_:)`` if the stream's key is forgotten, or
    ///   ``StoreError/unavailable(store:why:)``.
    func seal(
        _ events: [NewEvent],
        of stream: String,
        in store: String,
        _ randomness: any RuntimeRandomness
    ) throws(StoreError) -> [NewEvent] {
        guard !events.isEmpty, applies(stream, store) else { return events }
        return try onVault(store, "events cannot be encrypted") {
            let key = try sealingKey(of: stream, in: store, randomness)
            return try events.map { event in
                var sealed = event
                func place(_ part: SealedPlace.Part) -> SealedPlace {
                    SealedPlace(store: store, stream: stream, id: event.id, part: part)
                }
                sealed.data = try cipher.seal(event.data, with: key, at: place(.data))
                sealed.metadata = try event.metadata.map { try cipher.seal($0, with: key, at: place(.metadata)) }
                sealed.isSealed = true
                return sealed
            }
        }
    }

    /// The key that is encrypted with from now on; it is made if there is none.
    /// - Throws: ``StoreError/streamDeleted(_:)`` if it is forgotten; what the vault throws.
    func sealingKey(of stream: String, in store: String, _ randomness: any RuntimeRandomness) throws -> [UInt8] {
        var state = try vault.key(of: stream, in: store)
        if state == .absent {
            var new: [UInt8] = []
            while new.count < cipher.keySize { new.append(little: randomness.next()) }
            state = try vault.key(of: stream, in: store, orKeep: Array(new.prefix(cipher.keySize)))
        }
        guard case .present(let key) = state else { throw StoreError.streamDeleted(stream) }
        return key
    }

    /// Works with keys and cipher.
    /// - Throws: ``StoreError`` as it comes; ``StoreError/unavailable(store:why:)`` for what else they throw.
    func onVault<Result>(_ store: String, _ what: String, _ work: () throws -> Result) throws(StoreError) -> Result {
        do {
            return try work()
        } catch let error as StoreError {
            throw error
        } catch {
            throw .unavailable(store: store, why: "\(what): \(error)")
        }
    }

    /// An event as it was appended, or erased if its stream's key is forgotten. Blocks.
    func open(_ event: RecordedEvent, in store: String) throws -> RecordedEvent {
        var opened = event
        opened.isSealed = false
        guard case .present(let key) = try vault.key(of: event.stream, in: store) else {
            opened.data = Array("null".utf8)
            opened.metadata = nil
            opened.isErased = true
            return opened
        }
        func place(_ part: SealedPlace.Part) -> SealedPlace {
            SealedPlace(store: store, stream: event.stream, id: event.id, part: part)
        }
        opened.data = try cipher.open(event.data, with: key, at: place(.data))
        opened.metadata = try event.metadata.map { try cipher.open($0, with: key, at: place(.metadata)) }
        return opened
    }
}

extension StoreEngine {
    /// The events as they were appended, decrypted where they are encrypted. Blocks.
    /// - Throws: ``StoreError/unavailable(store:why:)`` if they cannot be decrypted.
    func opened(_ events: [RecordedEvent]) throws(StoreError) -> [RecordedEvent] {
        guard events.contains(where: { $0.isSealed }) else { return events }
        let encryption = try theEncryption()
        return try encryption.onVault(store, "events cannot be decrypted") {
            try events.map { $0.isSealed ? try encryption.open($0, in: store) : $0 }
        }
    }

    /// What decrypts what is encrypted here.
    /// - Throws: ``StoreError/unavailable(store:why:)`` if the node has no cipher.
    func theEncryption() throws(StoreError) -> StreamEncryption {
        guard let encryption else {
            throw .unavailable(store: store, why: "it has encrypted events, and the node has no cipher")
        }
        return encryption
    }
}
