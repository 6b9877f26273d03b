#!/bin/bash
# PostgreSQL as an event table, with a cluster of its own and its default durability: how it appends, and how soon it serves
# again after a kill. Prints a line of JSON for each figure, times in picoseconds.
#     postgres.sh [appends] [kill]
# Needs PostgreSQL's server programs and pgbench: apt-get install -y --no-install-recommends postgresql
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
programs=$(dirname "$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb | tail -1)")
directory=$(mktemp -d)
seconds=${SECONDS_EACH:-2}
port=55432
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi; }
stop() { as "$programs/pg_ctl" -D "$directory/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$directory"; }
trap stop EXIT
chmod 755 "$directory"
if [ "$(id -u)" = 0 ]; then chown postgres "$directory"; fi
as "$programs/initdb" -D "$directory/data" -A trust -U postgres >/dev/null
cat >>"$directory/data/postgresql.conf" <<C
listen_addresses = ''
port = $port
unix_socket_directories = '$directory'
max_connections = 200
max_wal_size = '4GB'
recovery_init_sync_method = syncfs
C
as "$programs/pg_ctl" -D "$directory/data" -l "$directory/log" -w start >/dev/null
fresh_table() {
    sql "SET client_min_messages = error; DROP TABLE IF EXISTS events;
         CREATE TABLE events (position bigserial PRIMARY KEY, stream bigint NOT NULL, version bigint NOT NULL,
             type text NOT NULL, data bytea NOT NULL, created timestamptz NOT NULL DEFAULT now(),
             UNIQUE (stream, version));
         CHECKPOINT"
}
sql() { psql -qAt -h "$directory" -p $port -U postgres postgres -c "$1"; }
cat >"$directory/one.sql" <<'Q'
\set v :v + 1
\set s :client_id + :base
INSERT INTO events (stream, version, type, data) VALUES (:s, :v, 'measured', repeat('x', 256)::bytea);
Q
cat >"$directory/hundred.sql" <<'Q'
\set v :v + 100
\set s :client_id + :base
INSERT INTO events (stream, version, type, data)
SELECT :s, (:v)::bigint - 100 + g, 'measured', repeat('x', 256)::bytea FROM generate_series(1, 100) g;
Q
# name, script, clients, events in a transaction, whether single transactions are the figure
measure() {
    for round in 1 2 3; do
        fresh_table
        pgbench -n -M prepared -h "$directory" -p $port -U postgres -f "$directory/$2" -c "$3" -j 2 -T "$seconds" \
            -D v=0 -D base=$((round * 1000)) -l --log-prefix="$directory/log-$round" postgres >"$directory/out-$round" 2>&1
    done
    python3 - "$1" "$4" "$5" "$directory" <<'P'
import glob, json, sys
name, events, single, directory = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "single", sys.argv[4]
samples = []
for number in (1, 2, 3):
    if single:
        for path in glob.glob("%s/log-%d*" % (directory, number)):
            samples += [int(line.split()[2]) * 1_000_000 for line in open(path)]
    else:
        rate = [line for line in open("%s/out-%d" % (directory, number)) if line.startswith("tps")][0].split()[2]
        samples.append(1e12 / (float(rate) * events))
print(json.dumps({"name": name, "figure": "Operation", "samples": samples}))
P
    rm -f "$directory"/log-* "$directory"/out-*
}
# The kill comes last: it leaves no server.
for what in ${*:-appends kill}; do
    case $what in
    appends)
        measure "insert and commit, one connection" one.sql 1 1 single
        measure "insert and commit, 64 connections" one.sql 64 1 all
        measure "insert of a hundred, 16 connections" hundred.sql 16 100 all
        ;;
    kill)
        fresh_table
        as "$programs/pg_ctl" -D "$directory/data" -m fast -w stop >/dev/null
        python3 "$here/postgres_kill.py" "$programs/postgres" "$directory" $port
        ;;
    *)
        echo "postgres.sh: there is no $what" >&2
        exit 2
        ;;
    esac
done
