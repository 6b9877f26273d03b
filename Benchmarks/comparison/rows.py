"""What is compared with what, and what is wanted of it."""

import collections

# A program of a peer's that does the same work as one of our targets, and what it needs to be there.
Peer = collections.namedtuple("Peer", "name command needs")

OTP, FLOOR, POSTGRES, OURSELVES, NOBODY = "OTP", "C", "PostgreSQL", "ourselves", ""

GROUPS = {
    "Processes": [Peer(OTP, ["run.sh", "Processes"], "elixir")],
    "Savina": [Peer(OTP, ["run.sh", "Savina"], "elixir")],
    "Supervision": [Peer(OTP, ["run.sh", "Supervision"], "elixir")],
    "Recovery": [Peer(OTP, ["run.sh", "Recovery"], "elixir"), Peer(POSTGRES, ["postgres.sh", "kill"], "pgbench")],
    "Registry": [Peer(OTP, ["run.sh", "Names"], "elixir")],
    "Stores": [Peer(FLOOR, ["floor.sh"], "cc"), Peer(POSTGRES, ["postgres.sh", "appends"], "pgbench")],
    "Simulation": [],
}

# `title` names the row, everywhere. `ours` and `theirs` name a figure: the benchmark's name, and which of its figures.
# `by` is whose theirs is. `target` is the least ratio wanted; `limit`, where nobody else does it, the most that it may be.
Row = collections.namedtuple("Row", "group title by ours theirs percentile target limit is_growth")

MICROSECOND, MILLISECOND, SECOND = 1e6, 1e9, 1e12


def row(group, name, target=None, title=None, by=OTP, peer=None, figure="Operation", percentile=50, limit=None, grows=False):
    theirs = None if by == NOBODY else (peer or name, figure)
    return Row(group, title or name, by, (name, figure), theirs, percentile, target, limit, grows)


def alone(group, name, title=None, figure="Operation", limit=None, grows=False):
    """A figure of ours that no peer has."""
    return row(group, name, title=title, by=NOBODY, figure=figure, limit=limit, grows=grows)


def growth(group, what, sizes, figures, by=OTP):
    """The figures of work beside so many others, by how many they are."""
    return [
        row(group, "beside %s %s" % (size, what), title=beside(figure, size, what), figure=figure, by=by, grows=True)
        for figure in figures
        for size in sizes
    ]


def beside(figure, size, what):
    return "%s beside %s %s" % (figure.lower(), size, what)


CROWDS = ["1e2", "1e4", "1e6"]
CALLERS = [1, 10, 100, 1_000]
GROUP_SIZES = [10, 100, 1_000]
DEPTHS = [1, 4, 16]
STORE_COUNTS = [1, 10, 100, 1_000]
EVENTS = ["1e3", "1e4", "1e5", "1e6"]
REOPENED = ["1e4", "1e5", "1e6"]

CALL = "call, one caller"
FAN_IN = "fan-in, 100 x 10,000"
DYNAMIC = "100,000 dynamic children, start and stop"
BANK = "bank, its accounts' supervisor killed half-way"
APPEND = "durable append, one client"
APPENDS = "durable append, 64 clients"
BATCH = "event of a batch of 100, 16 clients"
FLUSH = "append and flush, 350 bytes"
SOCKET = "request over the socket"
KILL = "node kill to serving again"
WATCHED = "append beside 1000 subscribers"

PROCESSES = [
    row("Processes", CALL, 15),
    row("Processes", "call that may suspend, one caller", 1 / 1.5, peer=CALL),
    row("Processes", "call, eight callers on one process", 4),
    row("Processes", "cast, drained", 4),
    row("Processes", FAN_IN, 2, title=FAN_IN + ", by GenServer.cast", peer=FAN_IN + ", GenServer"),
    row("Processes", FAN_IN, 2, title=FAN_IN + ", to a raw process", peer=FAN_IN + ", raw"),
] + [row("Processes", "call among %d callers" % callers, grows=True) for callers in CALLERS]

SAVINA = [
    row("Savina", "thread ring of 1,000", 1, title="thread ring of 1,000, by raw processes"),
    row("Savina", "ping-pong", 1, title="ping-pong, by raw processes"),
    row("Savina", "fork-join, creation"),
    row("Savina", "fork-join, throughput"),
    row("Savina", "counting"),
    row("Savina", "chameneos"),
    row("Savina", "big"),
    row("Savina", "concurrent dictionary"),
    row("Savina", BANK),
]

SUPERVISION = (
    [
        row("Supervision", "start a child, one caller", 2),
        row("Supervision", "start a child, eight callers", 2, title="start a child, eight callers, eight partitions"),
        row("Supervision", "idle process", 4, title="memory of an idle supervised process", figure="Bytes"),
        row("Supervision", "100,000 children of one supervisor, start and stop", 2),
        row("Supervision", DYNAMIC, 2, title=DYNAMIC + ", by simple_one_for_one", peer=DYNAMIC + ", simple_one_for_one"),
        row("Supervision", "10,000 dynamic children, start and stop", 2),
        row("Supervision", "100,000 children below 11,111 supervisors, start and stop", 2),
    ]
    + growth("Supervision", "dynamic children", CROWDS, ["Start", "Restart", "Stop"])
    + growth("Supervision", "listed children", CROWDS, ["Start", "Restart", "Stop"])
)

RECOVERY = (
    [
        row("Recovery", "kill to answering again", 1),
        row("Recovery", "crash to answering again", 1),
        row("Recovery", "kill to answering again", title="kill to answering again, p99", percentile=99),
        row("Recovery", "crash to answering again", title="crash to answering again, p99", percentile=99),
        row("Recovery", "restart storm of 10,000", 5, title="restart storm of 10,000, each"),
        row("Recovery", KILL, by=POSTGRES),
    ]
    + [
        row("Recovery", "oneForAll of %d" % size, 2 if size == 100 else None, grows=True)
        for size in GROUP_SIZES
    ]
    + [row("Recovery", "crash below %d supervisors" % depth, grows=True) for depth in DEPTHS]
    + [row("Recovery", "escalation through %d supervisors" % depth, grows=True) for depth in DEPTHS]
    + [alone("Recovery", "reopen after %s events" % size, grows=True) for size in REOPENED]
)

REGISTRY = [
    row("Registry", "lookup of a key", 1),
    row("Registry", "lookup of a name", title="lookup of a name, by Process.whereis"),
    row("Registry", "call by name, one caller", 10),
    row("Registry", "call by key, one caller", 10),
] + growth("Registry", "keys", CROWDS, ["Lookup", "Registration"])

STORES = (
    [
        row("Stores", APPEND, 1 / 1.5, title=APPEND + ", beside append and flush", by=FLOOR, peer=FLUSH),
        row("Stores", APPEND, title=APPEND + ", p99, beside append and flush", by=FLOOR, peer=FLUSH, percentile=99),
        row("Stores", APPEND, title=APPEND + ", beside PostgreSQL", by=POSTGRES, peer="insert and commit, one connection"),
        row("Stores", APPENDS, 5, by=POSTGRES, peer="insert and commit, 64 connections"),
        row("Stores", BATCH, title=BATCH + ", beside a sequence of writes", by=FLOOR, peer="300 bytes of a sequence"),
        row("Stores", BATCH, title=BATCH + ", beside PostgreSQL", by=POSTGRES, peer="insert of a hundred, 16 connections"),
        alone("Stores", BATCH, limit=MICROSECOND),
        alone("Stores", "read of an event, all in order", limit=MICROSECOND),
        alone("Stores", "read of an event, streams of 100"),
        row("Stores", SOCKET, title=SOCKET + ", beside TCP on loopback", by=FLOOR, peer="round trip by TCP on loopback"),
        row("Stores", SOCKET, title=SOCKET + ", beside a Unix socket", by=FLOOR, peer="round trip by a Unix socket"),
        alone("Stores", "live delivery, append to receipt"),
        row("Stores", WATCHED, 1 / 1.2, by=OURSELVES, peer="append beside 0 subscribers"),
    ]
    + [
        alone("Stores", "beside %s events" % size, "%s beside %s events" % (title, size), figure, grows=True)
        for title, figure in (("append to a new stream", "Start"), ("append to a long stream", "Stop"))
        for size in EVENTS
    ]
    + [
        alone("Stores", "a store of %d" % count, "%s of %d" % (title, count), figure, grows=True)
        for title, figure in (("start of a store", "Start"), ("stop of a store", "Stop"))
        for count in STORE_COUNTS
    ]
    + [
        row(
            "Stores",
            "append among %d stores beside one that crashes in a loop" % count,
            target,
            title="append among %d stores beside one that crashes in a loop%s" % (count, suffix),
            percentile=percentile,
            by=OURSELVES,
            peer="append among %d stores that have nothing to do" % count,
            grows=True,
        )
        for percentile, suffix, target in ((50, "", None), (99, ", p99", 1 / 1.1))
        for count in STORE_COUNTS[1:]
    ]
)

VIRTUAL_SECOND = alone("Simulation", "virtual second of ten beating processes")
SEED = alone("Simulation", "seed of two stores")
SIMULATION = [VIRTUAL_SECOND, SEED]

ROWS = PROCESSES + SAVINA + SUPERVISION + RECOVERY + REGISTRY + STORES + SIMULATION
