#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Raises this program's limit of open descriptors as far as the system allows, and returns the limit now in force.
///
/// A node with many stores holds many files open and the usual limit of 1,024 is soon met. Calling it twice is fine; where
/// the limit cannot be raised or read, the old one (or 0) is returned and nothing has changed.
@discardableResult
public func raiseDescriptorLimit() -> Int {
    var limit = rlimit()
    #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
        let resource = RLIMIT_NOFILE
    #endif
    guard getrlimit(resource, &limit) == 0 else { return 0 }
    let before = limit.rlim_cur
    #if canImport(Darwin)
        // Above this the call is refused although the hard limit says unlimited.
        limit.rlim_cur = min(limit.rlim_max, rlim_t(OPEN_MAX))
    #else
        limit.rlim_cur = limit.rlim_max
    #endif
    guard limit.rlim_cur > before else { return Int(clamping: before) }
    return Int(clamping: setrlimit(resource, &limit) == 0 ? limit.rlim_cur : before)
}
