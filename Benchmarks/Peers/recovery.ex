# The work of the Recovery benchmarks: crashes and kills below supervisors, to the answer of whoever is started instead.

defmodule Chain do
  use Supervisor
  def start_link(shape), do: Supervisor.start_link(__MODULE__, shape)

  def init({levels, options, tell}) do
    next =
      if levels > 1,
        do: Supervisor.child_spec({Chain, {levels - 1, options, tell}}, id: :next),
        else: Supervisor.child_spec({Idle, name: :idle, tell: tell}, id: :leaf)

    Supervisor.init([Supervisor.child_spec({Idle, []}, id: :sibling), next], [strategy: :one_for_one] ++ options)
  end
end

defmodule Recovery do
  @storm 10_000
  @burst 100
  @short_window [max_restarts: 1_000, max_seconds: 1]

  def run do
    restart("kill to answering again", [{Idle, name: :idle, tell: self()}], 20, &Process.exit(&1, :kill))
    restart("crash to answering again", [{Idle, name: :idle, tell: self()}], 20, &crash/1)
    for size <- [10, 100, 1_000], do: group(size)

    for levels <- [1, 4, 16] do
      restart("crash below #{levels} supervisors", [{Chain, {levels, @short_window, self()}}], 5, &crash/1)
      restart("escalation through #{levels} supervisors", [{Chain, {levels, [max_restarts: 0], self()}}], 5, &crash/1)
    end

    storm()
  end

  defp crash(pid), do: GenServer.cast(pid, :crash)

  defp restart(name, children, repetitions, finish) do
    samples =
      for _ <- 0..repetitions do
        in_burst(children, :one_for_one, @burst, fn ->
          finish.(Process.whereis(:idle))
          Peer.wait(1)
          GenServer.call(:idle, :ping)
        end)
      end

    Peer.record(name, "Operation", samples |> tl() |> Enum.concat())
  end

  defp group(size) do
    me = self()

    children =
      for number <- 1..size do
        options = if number == size, do: [name: :last, tell: me], else: [name: :"member#{number}"]
        Supervisor.child_spec({Idle, options}, id: number)
      end

    samples =
      for _ <- 0..5 do
        in_burst(children, :one_for_all, min(@burst, div(10_000, size)), fn ->
          Process.exit(Process.whereis(:member1), :kill)
          Peer.wait(1)
          GenServer.call(:last, :ping)
        end)
      end

    Peer.record("oneForAll of #{size}", "Operation", samples |> tl() |> Enum.concat())
  end

  # Each burst has a new supervisor: one looks at all restarts of its window at each, and where processes seldom crash
  # these are few.
  defp in_burst(children, strategy, count, work) do
    {:ok, supervisor} = Supervisor.start_link(children, [strategy: strategy] ++ @short_window)
    Peer.wait(1)
    samples = for _ <- 1..count, do: Peer.time(work) * 1000
    Supervisor.stop(supervisor)
    samples
  end

  defp storm do
    me = self()

    Peer.measure(
      "restart storm of 10,000",
      fn ->
        {:ok, pool} = DynamicSupervisor.start_link(strategy: :one_for_one, max_restarts: 1_000_000_000, max_seconds: 1)
        pids = for _ <- 1..@storm, do: elem(DynamicSupervisor.start_child(pool, {Idle, tell: me}), 1)
        Peer.wait(@storm)
        {pool, pids}
      end,
      fn {_, pids} ->
        for pid <- pids, do: Process.exit(pid, :kill)
        Peer.wait(@storm)
      end,
      fn {pool, _} -> Peer.kill(pool) end,
      operations: @storm,
      repetitions: 5
    )
  end
end
