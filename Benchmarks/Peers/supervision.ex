# The work of the Supervision benchmarks, done by Supervisor, DynamicSupervisor, PartitionSupervisor and, where many
# children stop, by Erlang's simple_one_for_one as well.

defmodule SimpleOneForOne do
  @behaviour :supervisor
  def start_link, do: :supervisor.start_link(__MODULE__, [])
  def init(_), do: {:ok, {%{strategy: :simple_one_for_one}, [%{id: :child, start: {Idle, :start_link, []}}]}}
end

defmodule Level do
  use Supervisor
  def start_link(shape), do: Supervisor.start_link(__MODULE__, shape)

  def init({levels, fan_out}) do
    children =
      for number <- 1..fan_out do
        if levels > 1,
          do: Supervisor.child_spec({Level, {levels - 1, fan_out}}, id: number),
          else: Supervisor.child_spec({Idle, []}, id: number)
      end

    Supervisor.init(children, strategy: :one_for_one)
  end
end

defmodule Supervision do
  @starts 100_000

  def run do
    # First, while nothing has been freed that could be used again.
    memory()
    starts()
    stops()

    for {name, children} <- [{"1e2", 100}, {"1e4", 10_000}, {"1e6", 1_000_000}], do: beside_dynamic(name, children)
    # Not beside a million: a restart takes time in proportion to their number there, and all of them a minute.
    for {name, children} <- [{"1e2", 100}, {"1e4", 10_000}], do: beside_listed(name, children)
  end

  defp dynamic(options \\ []) do
    {:ok, pool} = DynamicSupervisor.start_link([strategy: :one_for_one] ++ options)
    pool
  end

  defp start(pool, count, options \\ []) do
    Peer.loop(count, fn -> {:ok, _} = DynamicSupervisor.start_child(pool, {Idle, options}) end)
  end

  defp memory do
    pool = dynamic()
    start(pool, 100)
    for process <- Process.list(), do: :erlang.garbage_collect(process)
    before = resident_bytes()
    start(pool, @starts)
    :erlang.garbage_collect(pool)
    :erlang.garbage_collect()
    :timer.sleep(300)
    Peer.record("idle process", "Bytes", [div(resident_bytes() - before, @starts)])
    processes = :erlang.system_info(:process_count) - @starts
    Peer.kill(pool)
    Peer.settle(processes)
  end

  defp resident_bytes do
    [_, resident | _] = "/proc/self/statm" |> File.read!() |> String.split()
    {size, 0} = System.cmd("getconf", ["PAGESIZE"])
    String.to_integer(resident) * (size |> String.trim() |> String.to_integer())
  end

  defp starts do
    Peer.measure("start a child, one caller", &dynamic/0, &start(&1, @starts), &Peer.kill/1,
      operations: @starts,
      repetitions: 5
    )

    Peer.measure(
      "start a child, eight callers",
      fn ->
        {:ok, pools} = PartitionSupervisor.start_link(child_spec: DynamicSupervisor, name: Pools, partitions: 8)
        {pools, for({_, pool, _, _} <- PartitionSupervisor.which_children(Pools), do: pool)}
      end,
      fn _ ->
        Peer.eight_times(@starts, fn caller, share ->
          for n <- 1..share do
            {:ok, _} = DynamicSupervisor.start_child({:via, PartitionSupervisor, {Pools, caller * share + n}}, {Idle, []})
          end
        end)
      end,
      fn {pools, partitions} ->
        # A partition that sees its supervisor die stops its children one by one: it is killed first, and not restarted.
        :sys.suspend(pools)
        for pool <- partitions, do: Process.exit(pool, :kill)
        Peer.kill(pools)
      end,
      operations: @starts,
      repetitions: 5
    )
  end

  defp stops do
    specs = for number <- 1..@starts, do: Supervisor.child_spec({Idle, []}, id: number)

    start_and_stop("100,000 children of one supervisor, start and stop", fn ->
      {:ok, supervisor} = Supervisor.start_link(specs, strategy: :one_for_one)
      supervisor
    end)

    start_and_stop("100,000 dynamic children, start and stop, simple_one_for_one", fn ->
      {:ok, supervisor} = SimpleOneForOne.start_link()
      Peer.loop(@starts, fn -> {:ok, _} = :supervisor.start_child(supervisor, [[]]) end)
      supervisor
    end)

    # Not of 100,000: the time to stop grows with the square of their number, which takes more than half a minute there.
    start_and_stop("10,000 dynamic children, start and stop", fn ->
      pool = dynamic()
      start(pool, 10_000)
      pool
    end)

    start_and_stop("100,000 children below 11,111 supervisors, start and stop", fn ->
      {:ok, supervisor} = Level.start_link({5, 10})
      supervisor
    end)
  end

  defp start_and_stop(name, start) do
    Peer.measure(
      name,
      fn -> nil end,
      fn _ ->
        supervisor = start.()
        Process.unlink(supervisor)
        Supervisor.stop(supervisor, :shutdown, :infinity)
      end,
      &Peer.nothing/1,
      repetitions: 3
    )
  end

  @bursts 20
  @starts_of_burst 50
  @restarts_of_burst 10
  @victims (1 + @bursts) * @restarts_of_burst

  # Many idle children and, in the middle, some that are restarted, each once.
  defp beside_dynamic(name, children) do
    me = self()
    pool = dynamic(max_restarts: 1_000_000_000, max_seconds: 1)
    start(pool, div(children, 2))
    victims = for _ <- 1..@victims, do: elem(DynamicSupervisor.start_child(pool, {Idle, tell: me}), 1)
    start(pool, div(children, 2))

    newcomer = fn _ ->
      {:ok, pid} = DynamicSupervisor.start_child(pool, {Idle, []})
      pid
    end

    beside("beside #{name} dynamic children", pool, victims, newcomer, fn pid ->
      :ok = DynamicSupervisor.terminate_child(pool, pid)
    end)
  end

  defp beside_listed(name, children) do
    half = div(children, 2)
    listed = fn number -> Supervisor.child_spec({Idle, []}, id: number) end
    told = for number <- 1..@victims, do: Supervisor.child_spec({Idle, tell: self()}, id: {:victim, number})
    specs = Enum.map(1..half, listed) ++ told ++ Enum.map((half + 1)..children, listed)

    {:ok, list} = Supervisor.start_link(specs, strategy: :one_for_one, max_restarts: 1_000_000_000, max_seconds: 1)
    victims = for {{:victim, _}, pid, _, _} <- Supervisor.which_children(list), do: pid

    newcomer = fn number ->
      {:ok, _} = Supervisor.start_child(list, listed.({:new, number}))
      {:new, number}
    end

    beside("beside #{name} listed children", list, victims, newcomer, fn id ->
      :ok = Supervisor.terminate_child(list, id)
      :ok = Supervisor.delete_child(list, id)
    end)
  end

  defp beside(name, supervisor, victims, start, stop) do
    Peer.wait(@victims)
    bursts = victims |> Enum.chunk_every(@restarts_of_burst) |> Enum.map(&burst(&1, start, stop))

    # The first burst was for warmth.
    for {figure, index} <- [{"Start", 0}, {"Restart", 1}, {"Stop", 2}] do
      Peer.record(name, figure, Enum.map(tl(bursts), &elem(&1, index)))
    end

    processes = :erlang.system_info(:process_count)
    %{active: children} = Supervisor.count_children(supervisor)
    Peer.kill(supervisor)
    Peer.settle(processes - children - 1)
    Peer.flush()
  end

  defp burst(victims, start, stop) do
    {start, newcomers} = Peer.timed(fn -> started(start, @starts_of_burst, []) end)

    restart =
      Peer.time(fn ->
        for victim <- victims do
          Process.exit(victim, :kill)
          Peer.wait(1)
        end
      end)

    stop = Peer.time(fn -> Enum.each(newcomers, stop) end)

    {div(start * 1000, @starts_of_burst), div(restart * 1000, @restarts_of_burst), div(stop * 1000, @starts_of_burst)}
  end

  defp started(_, 0, newcomers), do: newcomers
  defp started(start, n, newcomers), do: started(start, n - 1, [start.(n) | newcomers])
end
