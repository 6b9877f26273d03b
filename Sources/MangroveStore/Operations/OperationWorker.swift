import Mangrove

/// A process for one operation: it lives for as long as that takes, and ends it when it is stopped.
actor OperationWorker: ProcessActor, LongRunning {
    /// The supervisor of the operations of a node.
    static let supervisor: ProcessName = "operations"

    /// What an operation does: it reports on the board how far it has come, and returns its last word.
    typealias Work = @Sendable (OperationBoard) async throws -> OperationUpdate

    private let board: OperationBoard
    private let work: Work

    init(_ context: ProcessContext, _ board: OperationBoard, _ work: @escaping Work) {
        self.board = board
        self.work = work
        context.onExit { reason in
            board.end(.failure(.unavailable(store: "", why: "the operation was ended: \(reason)")))
        }
    }

    func run() async throws {
        do {
            board.end(.success(try await work(board)))
        } catch let error as StoreError {
            board.end(.failure(error))
        } catch let error where !(error is CancellationError) {
            board.end(.failure(.unavailable(store: "", why: "\(error)")))
        }
    }

    /// Starts an operation under the node's supervisor, to last until it is done or its feed is closed.
    static func start(_ id: String, in runtime: Runtime, _ work: @escaping Work) async throws -> OperationBoard {
        let board = OperationBoard()
        let supervisor = runtime.address(Self.supervisor, of: DynamicSupervisorProcess.self)
        let worker = Worker(ChildID(id), restart: .temporary) { context in OperationWorker(context, board, work) }
        do {
            guard let process = try await supervisor.startChild(worker, as: OperationWorker.self) else {
                throw StoreError.unavailable(store: "", why: "the operation did not start")
            }
            board.onClose {
                runtime.spawn { try? await supervisor.terminateChild(process.id) }
            }
        } catch let error as CallError {
            throw StoreError.unavailable(store: "", why: "\(error)")
        } catch let error as SupervisorError {
            throw StoreError.unavailable(store: "", why: "\(error)")
        }
        return board
    }
}
