extension ProcessReference where Target == SupervisorProcess {
    /// Changes the rules of a running supervisor: what is not given stays as it is.
    ///
    /// Only what happens afterwards follows the new rules: no child is started, stopped or restarted by the change itself. A
    /// running child follows its new specification at once where that says when it is restarted and how it is stopped, and
    /// from its next start on where it says how it is started, its name and its mailbox. A new intensity applies to the
    /// restarts already counted, as far as they are still remembered: those older than the old period are not.
    ///
    /// ```swift
    /// try await supervisor.change(strategy: .restForOne, intensity: RestartIntensity(10)) {
    ///     Worker("stock", name: "stock", restart: .transient) { Stock() }
    /// }
    /// ```
    /// After a restart of the supervisor itself its original description applies again.
    /// - Parameter children: the new specifications, each of a child that is there, found by its id.
    /// - Throws: ``SupervisorError``: a child is not there, a specification is wrong, or they do not go together (a
    ///   significant child where nothing shuts down by itself). Everything is as it was then. ``CallError`` if the supervisor
    ///   is not there.
    public func change(
        strategy: Strategy? = nil,
        intensity: RestartIntensity? = nil,
        autoShutdown: AutoShutdown? = nil,
        @ChildrenBuilder children: () -> [ChildSpec] = { [] }
    ) async throws {
        let specs = children()
        var seen: Set<ChildID> = []
        for spec in specs {
            try spec.validateForRequest()
            if !seen.insert(spec.id).inserted { throw SupervisorError.invalid(.duplicateID(spec.id)) }
        }
        do { try intensity?.validate() } catch { throw SupervisorError.invalid(error) }
        try await call(timeout: nil) { try await $0.change(strategy, intensity, autoShutdown, specs) }
    }
}
