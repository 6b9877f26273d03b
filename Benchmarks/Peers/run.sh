#!/bin/sh
# Runs the peer's side of the benchmarks, all of it or the modules named: Processes, Savina, Supervision, Recovery, Names.
# Prints a line of JSON for each figure. Needs Elixir: apt-get install -y --no-install-recommends erlang-base elixir
set -eu
export LC_ALL=C.UTF-8
cd "$(dirname "$0")"
compiled=$(mktemp -d)
trap 'rm -rf "$compiled"' EXIT
elixirc -o "$compiled" ./*.ex >&2
for module in ${*:-Processes Savina Supervision Recovery Names}; do
    elixir --erl "+P 4000000" -pa "$compiled" -e '
        :logger.set_primary_config(:level, :none)
        Process.flag(:trap_exit, true)
        '"$module"'.run()'
done
