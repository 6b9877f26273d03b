# The classics of the Savina benchmarks: thread ring and ping-pong by raw processes, all others by GenServers below a
# DynamicSupervisor, as ours are below one. Each result is checked; one that is wrong fails the run.

defmodule Numbers do
  @moduledoc "Numbers that are the same on both sides, and in every run."
  import Bitwise

  def next(state, limit) do
    state = state * 1_103_515_245 + 12_345 &&& 0x7FFFFFFF
    {rem(state >>> 8, limit), state}
  end
end

defmodule Savina do
  @hops 1_000_000

  def run do
    passing()
    ForkJoin.run()
    Counting.run()
    Chameneos.run()
    Big.run()
    ConcurrentDictionary.run()
    Bank.run()
  end

  def check(_, value, value), do: :ok
  def check(what, value, expected), do: raise("#{what}: #{inspect(value)} and not #{inspect(expected)}")

  @doc "Measures `work`, which is given what `prepare` made below a dynamic supervisor of its own."
  def crew(name, prepare, work, options) do
    Peer.measure(
      name,
      fn ->
        {:ok, crew} = DynamicSupervisor.start_link(strategy: :one_for_one)
        {crew, prepare.(crew)}
      end,
      fn {crew, prepared} -> work.(crew, prepared) end,
      fn {crew, _} -> Peer.kill(crew) end,
      options
    )
  end

  def start(crew, module, argument) do
    spec = %{id: :one, start: {GenServer, :start_link, [module, argument]}}
    {:ok, pid} = DynamicSupervisor.start_child(crew, spec)
    pid
  end

  @doc "Waits for so many ends, and adds up what they came with."
  def sum(count \\ 1, total \\ 0)
  def sum(0, total), do: total

  def sum(count, total) do
    receive do
      {:ended, result} -> sum(count - 1, total + result)
    end
  end

  defp passing do
    Peer.measure(
      "thread ring of 1,000",
      fn -> ring(1_000) end,
      fn {_, first} ->
        send(first, @hops)
        check("where the ring ended", sum(), rem(@hops, 1_000))
      end,
      fn {members, _} ->
        for member <- members, do: send(member, :stop)
        check("hops", sum(length(members)), @hops)
      end,
      operations: @hops
    )

    Peer.measure(
      "ping-pong",
      fn -> spawn(fn -> pong(0) end) end,
      fn partner -> ping(partner, div(@hops, 2)) end,
      fn partner ->
        send(partner, {:stop, self()})
        check("pongs", sum(), div(@hops, 2))
      end,
      operations: div(@hops, 2)
    )
  end

  defp ring(count) do
    me = self()

    members =
      for number <- 0..(count - 1) do
        spawn(fn ->
          receive do
            {:next, next} -> member(number, next, me, 0)
          end
        end)
      end

    for {member, next} <- Enum.zip(members, tl(members) ++ [hd(members)]), do: send(member, {:next, next})
    {members, hd(members)}
  end

  defp member(number, next, starter, passed) do
    receive do
      0 ->
        send(starter, {:ended, number})
        member(number, next, starter, passed)

      :stop ->
        send(starter, {:ended, passed})

      hops ->
        send(next, hops - 1)
        member(number, next, starter, passed + 1)
    end
  end

  defp pong(count) do
    receive do
      {:stop, starter} ->
        send(starter, {:ended, count})

      {partner, n} ->
        send(partner, n)
        pong(count + 1)
    end
  end

  defp ping(_, 0), do: :ok

  defp ping(partner, n) do
    send(partner, {self(), n})

    receive do
      ^n -> ping(partner, n - 1)
    end
  end
end

defmodule ForkJoin do
  @leaves 20_000
  @workers 60
  @messages 10_000

  defmodule Leaf do
    use GenServer, restart: :temporary
    def init(_), do: {:ok, nil}

    def handle_cast({:work, number, sum}, state) do
      GenServer.cast(sum, {:add, number})
      {:stop, :normal, state}
    end
  end

  defmodule Sum do
    use GenServer
    def init({count, starter}), do: {:ok, {count, 0, starter}}

    def handle_cast({:add, number}, {missing, total, starter}) do
      if missing == 1, do: send(starter, {:ended, total + number})
      {:noreply, {missing - 1, total + number, starter}}
    end
  end

  defmodule Busy do
    use GenServer
    def init(_), do: {:ok, 0}
    def handle_cast({:work, number}, total), do: {:noreply, total + number}
    def handle_call(:total, _from, total), do: {:reply, total, total}
  end

  def run do
    me = self()
    leaf = %{id: :leaf, start: {GenServer, :start_link, [Leaf, nil]}, restart: :temporary}

    Savina.crew(
      "fork-join, creation",
      &Savina.start(&1, Sum, {@leaves, me}),
      fn crew, sum ->
        for number <- 0..(@leaves - 1) do
          {:ok, pid} = DynamicSupervisor.start_child(crew, leaf)
          GenServer.cast(pid, {:work, number, sum})
        end

        Savina.check("sum of the leaves' work", Savina.sum(), div(@leaves * (@leaves - 1), 2))
      end,
      operations: @leaves,
      repetitions: 5
    )

    Savina.crew(
      "fork-join, throughput",
      fn crew -> for _ <- 1..@workers, do: Savina.start(crew, Busy, nil) end,
      fn _, workers ->
        for number <- 0..(@messages - 1), worker <- workers, do: GenServer.cast(worker, {:work, number})
        total = workers |> Enum.map(&GenServer.call(&1, :total, :infinity)) |> Enum.sum()
        Savina.check("sum of the messages", total, div(@workers * @messages * (@messages - 1), 2))
      end,
      operations: @workers * @messages,
      repetitions: 5
    )
  end
end

defmodule Counting do
  @increments 1_000_000

  defmodule Counter do
    use GenServer
    def init(starter), do: {:ok, {0, starter}}
    def handle_cast(:increment, {value, starter}), do: {:noreply, {value + 1, starter}}

    def handle_cast(:tell, {value, starter} = state) do
      send(starter, {:ended, value})
      {:noreply, state}
    end
  end

  defmodule Producer do
    use GenServer
    def init(_), do: {:ok, nil}

    def handle_cast({:produce, count, counter}, state) do
      Peer.loop(count, fn -> GenServer.cast(counter, :increment) end)
      GenServer.cast(counter, :tell)
      {:noreply, state}
    end
  end

  def run do
    me = self()

    Savina.crew(
      "counting",
      fn crew -> {Savina.start(crew, Producer, nil), Savina.start(crew, Counter, me)} end,
      fn _, {producer, counter} ->
        GenServer.cast(producer, {:produce, @increments, counter})
        Savina.check("increments", Savina.sum(), @increments)
      end,
      operations: @increments
    )
  end
end

defmodule Chameneos do
  @creatures 100
  @meetings 200_000

  defmodule Mall do
    use GenServer
    def init({remaining, starter}), do: {:ok, {remaining, nil, starter}}

    def handle_cast({:arrive, creature, _}, {0, _, _} = state) do
      GenServer.cast(creature, :fade)
      {:noreply, state}
    end

    def handle_cast({:arrive, creature, colour}, {remaining, nil, starter}),
      do: {:noreply, {remaining, {creature, colour}, starter}}

    def handle_cast({:arrive, creature, colour}, {remaining, {other, other_colour}, starter}) do
      GenServer.cast(other, {:meet, colour})
      GenServer.cast(creature, {:meet, other_colour})
      {:noreply, {remaining - 1, nil, starter}}
    end

    def handle_cast({:faded, met}, {_, _, starter} = state) do
      send(starter, {:ended, met})
      {:noreply, state}
    end
  end

  defmodule Chameneo do
    use GenServer
    def init({colour, mall}), do: {:ok, {colour, 0, mall}}

    def handle_cast(:arrive, state), do: arrive(state)
    # The colour that neither has, or their own if both have one.
    def handle_cast({:meet, colour}, {colour, met, mall}), do: arrive({colour, met + 1, mall})
    def handle_cast({:meet, other}, {colour, met, mall}), do: arrive({3 - colour - other, met + 1, mall})

    def handle_cast(:fade, {_, met, mall} = state) do
      GenServer.cast(mall, {:faded, met})
      {:noreply, state}
    end

    defp arrive({colour, _, mall} = state) do
      GenServer.cast(mall, {:arrive, self(), colour})
      {:noreply, state}
    end
  end

  def run do
    me = self()

    Savina.crew(
      "chameneos",
      fn crew ->
        mall = Savina.start(crew, Mall, {@meetings, me})
        for number <- 0..(@creatures - 1), do: Savina.start(crew, Chameneo, {rem(number, 3), mall})
      end,
      fn _, creatures ->
        for creature <- creatures, do: GenServer.cast(creature, :arrive)
        Savina.check("meetings, of both who met", Savina.sum(@creatures), 2 * @meetings)
      end,
      operations: @meetings,
      repetitions: 5
    )
  end
end

defmodule Big do
  @workers 100
  @pings 2_000

  defmodule Asker do
    use GenServer
    def init({number, starter, pings}), do: {:ok, %{number: number, state: number, left: pings, total: 0, starter: starter}}
    def handle_call({:others, others}, _from, state), do: {:reply, :ok, Map.put(state, :others, others)}
    def handle_cast(:ask, state), do: ask(state)

    def handle_cast({:answer, asker}, state) do
      GenServer.cast(asker, {:hear, state.number})
      {:noreply, state}
    end

    def handle_cast({:hear, answer}, state), do: ask(%{state | total: state.total + answer})

    defp ask(%{left: 0} = state) do
      send(state.starter, {:ended, state.total})
      {:noreply, state}
    end

    defp ask(state) do
      {other, numbers} = Numbers.next(state.state, tuple_size(state.others))
      GenServer.cast(elem(state.others, other), {:answer, self()})
      {:noreply, %{state | left: state.left - 1, state: numbers}}
    end
  end

  def run do
    me = self()
    expected = expected()

    Savina.crew(
      "big",
      fn crew ->
        all = for number <- 0..(@workers - 1), do: Savina.start(crew, Asker, {number, me, @pings})
        for worker <- all, do: GenServer.call(worker, {:others, List.to_tuple(all)})
        all
      end,
      fn _, all ->
        for worker <- all, do: GenServer.cast(worker, :ask)
        Savina.check("sum of the answers", Savina.sum(@workers), expected)
      end,
      operations: @workers * @pings,
      repetitions: 5
    )
  end

  # The answers are the numbers of those who were asked.
  defp expected do
    Enum.sum(
      for worker <- 0..(@workers - 1) do
        {sum, _} =
          Enum.reduce(1..@pings, {0, worker}, fn _, {sum, numbers} ->
            {other, numbers} = Numbers.next(numbers, @workers)
            {sum + other, numbers}
          end)

        sum
      end
    )
  end
end

defmodule ConcurrentDictionary do
  @workers 20
  @requests 5_000
  @keys 512

  defmodule Keeper do
    use GenServer
    def init(_), do: {:ok, %{}}
    def handle_call({:write, key, value}, _from, kept), do: {:reply, :ok, Map.put(kept, key, value)}
    def handle_call({:read, key}, _from, kept), do: {:reply, Map.get(kept, key), kept}
    def handle_call(:kept, _from, kept), do: {:reply, kept, kept}
  end

  defmodule Client do
    use GenServer
    def init(state), do: {:ok, state}

    def handle_cast(:work, {number, keeper, starter} = state) do
      right =
        ConcurrentDictionary.requests(number, 0, fn key, write, right ->
          if write do
            :ok = GenServer.call(keeper, {:write, key, 3 * key})
            right + 1
          else
            value = GenServer.call(keeper, {:read, key})
            if value == nil or value == 3 * key, do: right + 1, else: right
          end
        end)

      send(starter, {:ended, right})
      {:noreply, state}
    end
  end

  @doc "Does something with what a worker asks, one after the other."
  def requests(worker, first, work) do
    {result, _} =
      Enum.reduce(1..@requests, {first, worker}, fn _, {result, numbers} ->
        {key, numbers} = Numbers.next(numbers, @keys)
        {kind, numbers} = Numbers.next(numbers, 10)
        {work.(key, kind == 0, result), numbers}
      end)

    result
  end

  def run do
    me = self()
    expected = expected()

    Savina.crew(
      "concurrent dictionary",
      fn crew ->
        keeper = Savina.start(crew, Keeper, nil)
        {keeper, for(number <- 0..(@workers - 1), do: Savina.start(crew, Client, {number, keeper, me}))}
      end,
      fn _, {keeper, workers} ->
        for worker <- workers, do: GenServer.cast(worker, :work)
        Savina.check("right answers", Savina.sum(@workers), @workers * @requests)
        Savina.check("what is kept", GenServer.call(keeper, :kept), expected)
      end,
      operations: @workers * @requests,
      repetitions: 5
    )
  end

  defp expected do
    Enum.reduce(0..(@workers - 1), %{}, fn worker, kept ->
      requests(worker, kept, fn key, write, kept -> if write, do: Map.put(kept, key, 3 * key), else: kept end)
    end)
  end
end
