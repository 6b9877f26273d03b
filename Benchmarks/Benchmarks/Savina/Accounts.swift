import Mangrove

/// What is kept of an account: what is in it, and what was done to it last by each teller.
struct AccountState: Sendable {
    var balance: Int
    var version = 0
    var last: [Int]
}

/// Somebody else has changed the account since it was read: an earlier incarnation, which had not noticed its end.
struct StaleAccount: Error {}

/// Keeps the accounts while their processes come and go.
actor Vault: ProcessActor {
    private var states: [AccountState]
    private(set) var steps = 0
    private(set) var loads = 0
    var sum: Int { states.reduce(0) { $0 + $1.balance } }

    init(accounts: Int, opening: Int) {
        states = Array(
            repeating: AccountState(balance: opening, last: Array(repeating: -1, count: tellers)),
            count: accounts
        )
    }

    func load(_ number: Int) -> AccountState {
        loads += 1
        return states[number]
    }

    func save(_ number: Int, _ state: AccountState) throws {
        guard state.version == states[number].version + 1 else { throw StaleAccount() }
        states[number] = state
        steps += 1
    }
}

/// An account: its state is the vault's before it is its own.
actor Account: ProcessActor {
    private let number: Int
    private let vault: Ref<Vault>
    private var state: AccountState

    private init(_ number: Int, _ vault: Ref<Vault>, _ state: AccountState) {
        self.number = number
        self.vault = vault
        self.state = state
    }

    static func name(_ number: Int) -> ProcessName { ProcessName("account", key: "\(number)") }

    static func worker(_ number: Int) -> Worker {
        Worker(ChildID(number), name: name(number)) { context async throws -> Account in
            let vault = try context.runtime.address("vault", of: Vault.self).resolve()
            return Account(number, vault, try await vault.call { $0.load(number) })
        }
    }

    /// Moves money into the account or out of it, unless this was done already and only the answer was lost.
    func move(_ amount: Int, teller: Int, transfer: Int) async throws {
        guard state.last[teller] < transfer else { return }
        var next = state
        next.balance += amount
        next.version += 1
        next.last[teller] = transfer
        do {
            try await vault.call { [number, next] in try $0.save(number, next) }
        } catch {
            throw Exit(.crash(error))
        }
        state = next
    }
}
