public import Mangrove
public import ServiceLifecycle

/// A supervision tree among other services: in a `ServiceGroup` it runs until the group is shut down.
extension SupervisedService: @retroactive Service {}

/// A tree that also hears of a group's graceful shutdown, and then stops in order.
///
/// `SupervisedService` alone is stopped by the cancellation of its task, which a group does when its time is over.
public struct GracefulTree: Service {
    private let service: SupervisedService

    /// Makes a service of a tree.
    public init(_ service: SupervisedService) {
        self.service = service
    }

    /// Runs the tree until the group shuts down.
    public func run() async throws {
        try await cancelWhenGracefulShutdown { try await service.run() }
    }
}
