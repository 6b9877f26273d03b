# What the peers' programs share: how to measure, and the processes that are called.
# Each figure is one line of JSON on the standard output, in the names and units of our own side: picoseconds, bytes.

defmodule Peer do
  @doc "Records `work`, done `repetitions` times after once for warmth, as `figure` of the benchmark called `name`."
  def measure(name, prepare, work, finish, options \\ []) do
    operations = Keyword.get(options, :operations, 1)
    processes = :erlang.system_info(:process_count)

    samples =
      for _ <- 0..Keyword.get(options, :repetitions, 7) do
        prepared = prepare.()
        :erlang.garbage_collect()
        time = time(fn -> work.(prepared) end)
        finish.(prepared)
        settle(processes)
        flush()
        div(time * 1000, operations)
      end

    record(name, "Operation", tl(samples))
  end

  @doc "The nanoseconds that `work` takes."
  def time(work), do: work |> timed() |> elem(0)

  @doc "The same, and what `work` returned."
  def timed(work) do
    begin = :erlang.monotonic_time(:nanosecond)
    result = work.()
    {:erlang.monotonic_time(:nanosecond) - begin, result}
  end

  def record(name, figure, samples) do
    IO.puts(~s({"name": "#{name}", "figure": "#{figure}", "samples": [#{Enum.join(samples, ", ")}]}))
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

  @doc "Waits until `n` processes have told that they are up."
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

  @doc "Ends `pid`, and through their links what is below it, at once."
  def kill(pid) do
    Process.exit(pid, :kill)

    receive do
      {:EXIT, ^pid, _} -> :ok
    end
  end

  def nothing(_), do: :ok
end

defmodule Idle do
  use GenServer
  def start_link(options), do: GenServer.start_link(__MODULE__, options[:tell], Keyword.take(options, [:name]))

  def init(tell) do
    if tell, do: send(tell, :up)
    {:ok, 0}
  end

  def handle_call(:ping, _from, state), do: {:reply, state, state}
  def handle_cast(:increment, state), do: {:noreply, state + 1}
  def handle_cast(:crash, _state), do: raise("crash")
end
