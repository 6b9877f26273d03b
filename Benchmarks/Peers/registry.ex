# The work of the Registry benchmarks, done by Elixir's Registry and by registered names.

defmodule Holder do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, nil)
  def init(_), do: {:ok, nil}

  def handle_call({:take, keys}, _from, state) do
    for key <- keys, do: {:ok, _} = Registry.register(Keys, key, nil)
    {:reply, :ok, state}
  end

  def handle_call({:take_and_give_back, keys}, _from, state) do
    for key <- keys do
      {:ok, _} = Registry.register(Keys, key, nil)
      :ok = Registry.unregister(Keys, key)
    end

    {:reply, :ok, state}
  end
end

defmodule Names do
  @lookups 200_000
  @lookups_beside 100_000
  @registrations 20_000
  @repetitions 7

  def run do
    measure("lookup of a name", :idle, fn -> Process.whereis(:idle) end)
    measure("call by name, one caller", :idle, fn -> GenServer.call(:idle, :ping) end)
    {:ok, registry} = Registry.start_link(keys: :unique, name: Keys)
    via = {:via, Registry, {Keys, "idle"}}
    measure("lookup of a key", via, fn -> [{_, _}] = Registry.lookup(Keys, "idle") end)
    measure("call by key, one caller", via, fn -> GenServer.call(via, :ping) end)
    Supervisor.stop(registry)
    for {name, keys} <- [{"1e2", 100}, {"1e4", 10_000}, {"1e6", 1_000_000}], do: beside(name, keys)
  end

  defp measure(benchmark, name, work) do
    Peer.measure(
      benchmark,
      fn ->
        {:ok, supervisor} = Supervisor.start_link([{Idle, name: name}], strategy: :one_for_one)
        supervisor
      end,
      fn _ -> Peer.loop(@lookups, work) end,
      &Supervisor.stop/1,
      operations: @lookups
    )
  end

  defp beside(name, keys) do
    {:ok, registry} = Registry.start_link(keys: :unique, name: Keys)
    {:ok, owner} = Holder.start_link(nil)
    {:ok, changing} = Holder.start_link(nil)
    :ok = GenServer.call(owner, {:take, 0..(keys - 1)}, :infinity)

    samples =
      for _ <- 0..@repetitions do
        lookup = Peer.time(fn -> look_up(@lookups_beside - 1, keys) end)
        fresh = keys..(keys + @registrations - 1)
        registration = Peer.time(fn -> :ok = GenServer.call(changing, {:take_and_give_back, fresh}, :infinity) end)
        {div(lookup * 1000, @lookups_beside), div(registration * 1000, @registrations)}
      end

    # The first was for warmth.
    samples = tl(samples)
    Peer.record("beside #{name} keys", "Lookup", Enum.map(samples, &elem(&1, 0)))
    Peer.record("beside #{name} keys", "Registration", Enum.map(samples, &elem(&1, 1)))
    for process <- [owner, changing], do: GenServer.stop(process, :normal, :infinity)
    Supervisor.stop(registry)
    Peer.flush()
  end

  # Far apart, as keys are that different callers ask for.
  defp look_up(-1, _), do: :ok

  defp look_up(number, keys) do
    [{_, _}] = Registry.lookup(Keys, rem(number * 7_919, keys))
    look_up(number - 1, keys)
  end
end
