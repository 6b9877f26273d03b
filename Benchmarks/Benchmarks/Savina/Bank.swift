import Benchmark
import Mangrove
import World

let accounts = 100
let tellers = 4
private let transfers = 5_000
private let opening = 1_000
/// More than any account ever pays out.
private let largest = 10

func registerBank() {
    // Transfers between accounts, each of two steps, whose supervisor is killed half-way with all of them. What an account
    // has answered is in the vault, and no step is done twice: the sum of the money stays what it was.
    Benchmark("bank, its accounts' supervisor killed half-way", configuration: settings(repetitions: 5)) { benchmark in
        let bank = Supervisor(strategy: .oneForOne, intensity: RestartIntensity(1_000, within: .seconds(1))) {
            Worker("vault", name: "vault") { Vault(accounts: accounts, opening: opening) }
            Supervisor("accounts", name: "accounts", intensity: RestartIntensity(1_000, within: .seconds(1))) {
                for number in 0..<accounts { Account.worker(number) }
            }
            for number in 0..<tellers { Worker(ChildID(number), name: teller(number)) { Teller(number, $0) } }
        }
        try await benchmark.run(bank) { runtime, watch in
            let finish = Finish()
            let vault = try runtime.address("vault", of: Vault.self).resolve()
            var done = 0
            try await watch.time(operations: tellers * transfers) {
                for number in 0..<tellers {
                    try runtime.address(teller(number), of: Teller.self).cast { try await $0.work(transfers, finish) }
                }
                done = await finish.sum(of: tellers)
            }
            try check("transfers", done, is: tellers * transfers)
            let (sum, steps, loads) = try await vault.call { ($0.sum, $0.steps, $0.loads) }
            try check("the money", sum, is: accounts * opening)
            try check("steps", steps, is: 2 * tellers * transfers)
            try check("whether all accounts were started again", loads >= 2 * accounts, is: true)
        }
    }
}

private func teller(_ number: Int) -> ProcessName { ProcessName("teller", key: "\(number)") }

private actor Teller: ProcessActor {
    private let number: Int
    private let runtime: Runtime
    private var numbers: Numbers

    init(_ number: Int, _ context: ProcessContext) {
        self.number = number
        runtime = context.runtime
        numbers = Numbers(number)
    }

    func work(_ count: Int, _ finish: Finish) async throws {
        for transfer in 0..<count {
            if number == 0, transfer == count / 2 {
                try runtime.address("accounts", of: SupervisorProcess.self).resolve().kill()
            }
            let payer = numbers.next(below: accounts)
            let payee = (payer + 1 + numbers.next(below: accounts - 1)) % accounts
            let amount = 1 + numbers.next(below: largest)
            try await step(transfer, -amount, payer)
            try await step(transfer, amount, payee)
        }
        finish.tell(count)
    }

    /// Asks until the account has answered, whichever incarnation of it.
    private func step(_ transfer: Int, _ amount: Int, _ account: Int) async throws {
        let address = runtime.address(Account.name(account), of: Account.self)
        for _ in 0..<10_000 {
            do {
                return try await address.call { [number] in
                    try await $0.move(amount, teller: number, transfer: transfer)
                }
            } catch is CallError {
                try await runtime.sleep(for: .milliseconds(1))
            }
        }
        throw WrongResult(description: "account \(account) does not come back")
    }
}
