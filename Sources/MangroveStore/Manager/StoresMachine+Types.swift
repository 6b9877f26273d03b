import Mangrove

/// What is configured for a store: what somebody said of it, and what comes of that together with the layers below.
struct StoreProfile: Sendable, Equatable {
    var configuration = StoreConfiguration()
    var resolved = ResolvedStoreConfiguration()
}

extension StoresMachine {
    /// What can be asked for. Answered when it is done.
    enum Request: Sendable, Equatable {
        /// Make a store; the identity is the asker's choice, so that asking again is recognised.
        case create(StoreProfile, StoreIdentity)
        /// Bring back what a removal kept.
        case revive(KeptStore)
        /// Have it run.
        case run
        case configure(StoreProfile)
        /// Have it not run.
        case halt
        case remove(erasing: Bool)
    }

    /// What is answered.
    enum Answer: Sendable, Equatable {
        case done
        case changed(restarted: Bool)
        case removed(RemovedStore)
    }

    /// A store whose files are there.
    struct Found: Sendable, Equatable {
        var identity: StoreIdentity?
        var profile = StoreProfile()
        /// Why it cannot be started.
        var problem: StoreError?
        /// Since when its subtree runs, if it does.
        var upSince: RuntimeInstant?
        /// Whether it is to be started now.
        var starts = false
    }

    enum Event: Sendable {
        /// The manager has begun, and this is there.
        case found(String, Found)
        case request(Ticket, String, Request)
        /// Somebody wants to know when nothing is being started, or to be, any more.
        case awaitStarts(Ticket)
        case made(String, Result<Found, StoreError>)
        case saved(String, StoreError?)
        case putAway(String, Result<RemovedStore, StoreError>)
        case started(String, start: Int, RuntimeInstant)
        case startFailed(String, start: Int, StoreError)
        /// A start goes on for long: a log that takes time to read, or a disk that does not answer.
        case startIsSlow(String, start: Int)
        /// The subtree that was told to stop has.
        case stopped(String)
        /// A subtree has ended by itself.
        case ended(String, start: Int, ExitReason, RuntimeInstant)
        /// Damage was found in a store that runs.
        case refused(String, StoreError)
        case pauseOver(String, Int)
    }

    enum Effect: Sendable {
        case make(String, StoreProfile, StoreIdentity)
        case revive(String, KeptStore)
        case save(String, StoreProfile)
        case putAway(String, erasing: Bool)
        case start(String, start: Int, StoreProfile)
        case stop(String)
        /// Say when the subtree ends.
        case watch(String, start: Int)
        /// From now on this is so, for whoever looks it up.
        case govern(String, StoreProfile)
        case forget(String)
        case pause(String, Duration, Int)
        case answer(Ticket, Result<Answer, StoreError>)
        case note(Note)
    }

    /// What is worth a line in the log.
    enum Note: Sendable {
        case created(String)
        case removed(RemovedStore)
        case startFailed(String, StoreError)
        case ended(String, ExitReason)
        case refused(String, StoreError)
    }
}

extension ResolvedStoreConfiguration {
    /// Whether a store that runs by this has to be started anew to run by `next`: what its processes were built with differs.
    func needsRestart(for next: ResolvedStoreConfiguration) -> Bool {
        build != next.build
    }

    /// The settings, without those that are looked up each time they are needed.
    private var build: StoreSettings {
        let standard = StoreSettings()
        var build = settings
        build.lowDiskBytes = standard.lowDiskBytes
        build.monitorInterval = standard.monitorInterval
        build.retryLimit = standard.retryLimit
        build.maximumAppendBytes = standard.maximumAppendBytes
        build.maximumAppendEvents = standard.maximumAppendEvents
        build.appendRate = standard.appendRate
        return build
    }
}
