# The work of the Processes benchmarks, done by GenServer and by raw processes.

defmodule Processes do
  @calls 200_000
  @casts 1_000_000

  def run do
    calls()
    callers()
    casts()
    raw()
  end

  defp server do
    {:ok, supervisor} = Supervisor.start_link([{Idle, name: :idle}], strategy: :one_for_one)
    {supervisor, Process.whereis(:idle)}
  end

  defp stop({supervisor, _}), do: Peer.kill(supervisor)

  defp calls do
    Peer.measure("call, one caller", &server/0, fn {_, idle} -> call(idle, @calls) end, &stop/1, operations: @calls)

    Peer.measure(
      "call, eight callers on one process",
      &server/0,
      fn {_, idle} -> Peer.eight_times(@calls, fn _, share -> call(idle, share) end) end,
      &stop/1,
      operations: @calls
    )
  end

  defp callers do
    for callers <- [1, 10, 100, 1_000] do
      Peer.measure(
        "call among #{callers} callers",
        &server/0,
        fn {_, idle} ->
          1..callers
          |> Enum.map(fn _ -> Task.async(fn -> call(idle, div(@calls, callers)) end) end)
          |> Task.await_many(:infinity)
        end,
        &stop/1,
        operations: @calls,
        repetitions: 3
      )
    end
  end

  defp casts do
    Peer.measure(
      "cast, drained",
      &server/0,
      fn {_, idle} ->
        cast(idle, @casts)
        GenServer.call(idle, :ping, :infinity)
      end,
      &stop/1,
      operations: @casts
    )

    Peer.measure(
      "fan-in, 100 x 10,000, GenServer",
      &server/0,
      fn {_, idle} ->
        1..100
        |> Enum.map(fn _ -> Task.async(fn -> cast(idle, div(@casts, 100)) end) end)
        |> Task.await_many(:infinity)

        GenServer.call(idle, :ping, :infinity)
      end,
      &stop/1,
      operations: @casts
    )
  end

  defp raw do
    Peer.measure(
      "fan-in, 100 x 10,000, raw",
      fn ->
        me = self()
        for _ <- 1..100, do: spawn(fn -> send_when_told(me, div(@casts, 100)) end)
      end,
      fn senders ->
        for sender <- senders, do: send(sender, :go)
        count(@casts)
      end,
      &Peer.nothing/1,
      operations: @casts
    )
  end

  defp call(_, 0), do: :ok

  defp call(server, n) do
    GenServer.call(server, :ping)
    call(server, n - 1)
  end

  defp cast(_, 0), do: :ok

  defp cast(server, n) do
    GenServer.cast(server, :increment)
    cast(server, n - 1)
  end

  defp send_when_told(receiver, n) do
    receive do
      :go -> Peer.loop(n, fn -> send(receiver, :one) end)
    end
  end

  defp count(0), do: :ok

  defp count(n) do
    receive do
      :one -> count(n - 1)
    end
  end
end
