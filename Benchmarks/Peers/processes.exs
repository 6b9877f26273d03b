# The work of the Processes benchmarks, done by OTP's GenServer, Supervisor, DynamicSupervisor and Registry.
# Run with ./run.sh; prints one line per figure: the median of nine repetitions after one warm-up.
:logger.set_primary_config(:level, :none)
Process.flag(:trap_exit, true)

defmodule Idle do
  use GenServer
  def start_link(opts), do: GenServer.start_link(__MODULE__, opts[:tell], Keyword.take(opts, [:name]))

  def init(tell) do
    if tell, do: send(tell, :up)
    {:ok, 0}
  end

  def handle_call(:ping, _from, state), do: {:reply, state, state}
  def handle_cast(:increment, state), do: {:noreply, state + 1}
end

defmodule Peer do
  @repetitions 9

  def measure(name, operations, prepare, work, finish) do
    processes = :erlang.system_info(:process_count)

    times =
      for _ <- 0..@repetitions do
        prepared = prepare.()
        :erlang.garbage_collect()
        begin = :erlang.monotonic_time(:nanosecond)
        work.(prepared)
        time = :erlang.monotonic_time(:nanosecond) - begin
        finish.(prepared)
        settle(processes)
        flush()
        time
      end

    median = times |> tl() |> Enum.sort() |> Enum.at(div(@repetitions, 2))
    IO.puts(String.pad_trailing(name, 50) <> String.pad_leading("#{Float.round(median / operations, 1)} ns", 16))
  end

  # What a killed supervisor leaves behind must not die in the next repetition's time.
  def settle(processes) do
    if :erlang.system_info(:process_count) > processes do
      :timer.sleep(1)
      settle(processes)
    end
  end

  def loop(0, _), do: :ok

  def loop(n, fun) do
    fun.()
    loop(n - 1, fun)
  end

  def eight_times(n, fun) do
    1..8
    |> Enum.map(fn caller -> Task.async(fn -> fun.(caller, div(n, 8)) end) end)
    |> Task.await_many(:infinity)
  end

  def wait(0), do: :ok

  def wait(n) do
    receive do
      :up -> wait(n - 1)
    end
  end

  def flush do
    receive do
      _ -> flush()
    after
      0 -> :ok
    end
  end

  def stop(pid) do
    Process.exit(pid, :kill)

    receive do
      {:EXIT, ^pid, _} -> :ok
    end
  end
end

million = 1_000_000

server = fn ->
  {:ok, supervisor} = Supervisor.start_link([{Idle, name: :idle}], strategy: :one_for_one)
  {supervisor, Process.whereis(:idle)}
end

stop = fn {supervisor, _} -> Peer.stop(supervisor) end

Peer.measure("call, one caller", million, server, fn {_, idle} -> Peer.loop(million, fn -> GenServer.call(idle, :ping) end) end, stop)
Peer.measure("call by name, one caller", million, server, fn _ -> Peer.loop(million, fn -> GenServer.call(:idle, :ping) end) end, stop)

Peer.measure("call, eight callers on one process", million, server, fn {_, idle} ->
  Peer.eight_times(million, fn _, share -> Peer.loop(share, fn -> GenServer.call(idle, :ping) end) end)
end, stop)

Peer.measure("cast, drained", million, server, fn {_, idle} ->
  Peer.loop(million, fn -> GenServer.cast(idle, :increment) end)
  GenServer.call(idle, :ping, :infinity)
end, stop)

registry = fn ->
  {:ok, registry} = Registry.start_link(keys: :unique, name: Names)
  {:ok, idle} = Idle.start_link(name: {:via, Registry, {Names, "idle"}})
  {registry, idle}
end

Peer.measure("registry lookup", million, registry, fn _ ->
  Peer.loop(million, fn -> [{_, _}] = Registry.lookup(Names, "idle") end)
end, fn {registry, idle} ->
  Peer.stop(idle)
  Supervisor.stop(registry)
end)

children = 100_000
dynamic = fn -> {:ok, pool} = DynamicSupervisor.start_link(strategy: :one_for_one); {pool, nil} end

Peer.measure("start a child, one caller", children, dynamic, fn {pool, _} ->
  Peer.loop(children, fn -> {:ok, _} = DynamicSupervisor.start_child(pool, {Idle, []}) end)
end, stop)

partitioned = fn ->
  {:ok, pools} = PartitionSupervisor.start_link(child_spec: DynamicSupervisor, name: Pools, partitions: 8)
  {pools, nil}
end

Peer.measure("start a child, eight callers, eight partitions", children, partitioned, fn _ ->
  Peer.eight_times(children, fn caller, share ->
    for n <- 1..share do
      {:ok, _} = DynamicSupervisor.start_child({:via, PartitionSupervisor, {Pools, caller * share + n}}, {Idle, []})
    end
  end)
end, stop)

me = self()

restarting = fn ->
  {:ok, supervisor} =
    Supervisor.start_link([{Idle, name: :idle, tell: me}], strategy: :one_for_one, max_restarts: 1_000_000_000, max_seconds: 1)

  Peer.wait(1)
  {supervisor, nil}
end

Peer.measure("kill to answering again", 1_000, restarting, fn _ ->
  Peer.loop(1_000, fn ->
    Process.exit(Process.whereis(:idle), :kill)
    Peer.wait(1)
    GenServer.call(:idle, :ping)
  end)
end, stop)

storm = 10_000

stormy = fn ->
  {:ok, pool} = DynamicSupervisor.start_link(strategy: :one_for_one, max_restarts: 1_000_000_000, max_seconds: 1)
  pids = for _ <- 1..storm, do: elem(DynamicSupervisor.start_child(pool, {Idle, tell: me}), 1)
  Peer.wait(storm)
  {pool, pids}
end

Peer.measure("restart storm of ten thousand", storm, stormy, fn {_, pids} ->
  for pid <- pids, do: Process.exit(pid, :kill)
  Peer.wait(storm)
end, stop)
