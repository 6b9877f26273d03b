#if DEBUG || MANGROVE_FAULTS
    /// A way in which our own code can be made wrong on purpose, to see that the tests which guard it find that. Absent
    /// from release builds.
    package enum BrokenVariant: String, Sendable, CaseIterable {
        /// What is written to the log is not flushed.
        case skipsFlush
        /// An append is acknowledged when it is decided on.
        case acknowledgesEarly
        /// A position is given out a second time.
        case reusesPosition
        /// A torn tail is cut off the log and nobody is told.
        case cutsTailSilently
        /// Records are read without a look at their checksums.
        case servesDamage
        /// Those who wait for an engine that ends are told nothing.
        case forgetsWaiters
        /// A monitor is not entered at its target.
        case forgetsMonitor
        /// A child that is to be stopped is not waited for.
        case restartsBeforeStopped
        /// A supervisor makes one restart more than its intensity allows.
        case allowsOneRestartMore
        /// The last of several casts that wait is not run.
        case losesLastCast
        /// A name leads to its holder for a while after that has died.
        case findsTheDead
    }

    extension Runtime {
        /// Whether its code is wrong in this way.
        package func isBroken(_ variant: BrokenVariant) -> Bool { environment.probe?.brokenVariant == variant }
    }

    /// Whether the code is wrong in this way, in the runtime of the process that runs it.
    package func isBroken(_ variant: BrokenVariant) -> Bool {
        ProcessCell.current?.runtime.isBroken(variant) ?? false
    }
#endif
