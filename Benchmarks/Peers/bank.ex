# The bank of the Savina benchmarks, whose accounts' supervisor is killed half-way.

defmodule Vault do
  @moduledoc "Keeps the accounts while their processes come and go."
  use GenServer
  def start_link(states), do: GenServer.start_link(__MODULE__, states, name: :vault)
  def init(states), do: {:ok, %{states: states, steps: 0, loads: 0}}

  def handle_call({:load, number}, _from, vault),
    do: {:reply, Map.fetch!(vault.states, number), %{vault | loads: vault.loads + 1}}

  def handle_call({:save, number, state}, _from, vault) do
    # Another version: somebody else has changed the account since it was read.
    if state.version == Map.fetch!(vault.states, number).version + 1,
      do: {:reply, :ok, %{vault | states: Map.put(vault.states, number, state), steps: vault.steps + 1}},
      else: {:reply, :stale, vault}
  end

  def handle_call(:books, _from, vault) do
    {:reply, {vault.states |> Map.values() |> Enum.map(& &1.balance) |> Enum.sum(), vault.steps, vault.loads}, vault}
  end
end

defmodule Account do
  @moduledoc "An account: its state is the vault's before it is its own."
  use GenServer
  def start_link(number), do: GenServer.start_link(__MODULE__, number, name: name(number))
  def name(number), do: :"account#{number}"
  def init(number), do: {:ok, {number, GenServer.call(:vault, {:load, number})}}

  # Unless this was done already and only the answer was lost.
  def handle_call({:move, amount, teller, transfer}, _from, {number, state}) do
    if state.last[teller] < transfer do
      last = Map.put(state.last, teller, transfer)
      next = %{state | balance: state.balance + amount, version: state.version + 1, last: last}
      :ok = GenServer.call(:vault, {:save, number, next})
      {:reply, :ok, {number, next}}
    else
      {:reply, :ok, {number, state}}
    end
  end
end

defmodule Teller do
  use GenServer
  def start_link(number), do: GenServer.start_link(__MODULE__, number, name: name(number))
  def name(number), do: :"teller#{number}"
  def init(number), do: {:ok, number}

  def handle_cast({:work, count, accounts, largest, starter}, number) do
    Enum.reduce(0..(count - 1), number, fn transfer, numbers ->
      if number == 0 and transfer == div(count, 2), do: Process.exit(Process.whereis(:accounts), :kill)
      {payer, numbers} = Numbers.next(numbers, accounts)
      {distance, numbers} = Numbers.next(numbers, accounts - 1)
      {amount, numbers} = Numbers.next(numbers, largest)
      step(Account.name(payer), {:move, -1 - amount, number, transfer}, 10_000)
      step(Account.name(rem(payer + 1 + distance, accounts)), {:move, 1 + amount, number, transfer}, 10_000)
      numbers
    end)

    send(starter, {:ended, count})
    {:noreply, number}
  end

  # Asks until the account has answered, whichever incarnation of it.
  defp step(account, _, 0), do: raise("#{account} does not come back")

  defp step(account, request, tries) do
    try do
      GenServer.call(account, request)
    catch
      :exit, _ ->
        :timer.sleep(1)
        step(account, request, tries - 1)
    end
  end
end

defmodule Bank do
  @accounts 100
  @tellers 4
  @transfers 5_000
  @opening 1_000
  @largest 10
  @window [strategy: :one_for_one, max_restarts: 1_000, max_seconds: 1]

  def run do
    Peer.measure(
      "bank, its accounts' supervisor killed half-way",
      &open/0,
      fn _ ->
        for number <- 0..(@tellers - 1) do
          GenServer.cast(Teller.name(number), {:work, @transfers, @accounts, @largest, self()})
        end

        Savina.check("transfers", Savina.sum(@tellers), @tellers * @transfers)
        {sum, steps, loads} = GenServer.call(:vault, :books)
        Savina.check("the money", sum, @accounts * @opening)
        Savina.check("steps", steps, 2 * @tellers * @transfers)
        Savina.check("whether all accounts were started again", loads >= 2 * @accounts, true)
      end,
      &Supervisor.stop/1,
      operations: @tellers * @transfers,
      repetitions: 5
    )
  end

  defp open do
    last = Map.new(0..(@tellers - 1), &{&1, -1})
    states = Map.new(0..(@accounts - 1), &{&1, %{balance: @opening, version: 0, last: last}})
    accounts = for number <- 0..(@accounts - 1), do: Supervisor.child_spec({Account, number}, id: number)

    supervisor = %{
      id: :accounts,
      type: :supervisor,
      start: {Supervisor, :start_link, [accounts, [name: :accounts] ++ @window]}
    }

    tellers = for number <- 0..(@tellers - 1), do: Supervisor.child_spec({Teller, number}, id: {:teller, number})
    {:ok, bank} = Supervisor.start_link([{Vault, states}, supervisor] ++ tellers, @window)
    bank
  end
end
