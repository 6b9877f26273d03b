#if DEBUG || MANGROVE_FAULTS
    package import Mangrove

    extension Faults {
        /// In which way our own code is wrong on purpose; to be set before the run.
        package var brokenVariant: BrokenVariant? {
            get { state.withLock { $0.brokenVariant } }
            set { state.withLock { $0.brokenVariant = newValue } }
        }
    }
#endif
