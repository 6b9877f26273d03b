#!/bin/sh
# Runs the peer's side of the benchmarks. Needs Elixir: apt-get install -y --no-install-recommends erlang-base elixir
set -eu
export LC_ALL=C.UTF-8
cd "$(dirname "$0")"
elixir --version | tail -n 1
exec elixir --erl "+P 4000000" processes.exs
