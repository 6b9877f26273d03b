"""From the kill of all of PostgreSQL's processes to an insert that the next server has committed, on a table of 100,000 events
of which the last 10,000 came since the last start. Prints a line of JSON, times in picoseconds.

    postgres_kill.py SERVER DIRECTORY PORT

It speaks to the server itself: starting psql would take a good part of the time that is measured.
"""

import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import time

KEPT, ADDED, LIVES = 100_000, 10_000, 5
# The server refuses to run as root.
AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
INSERT = (
    "INSERT INTO events (stream, version, type, data) "
    "SELECT %d, g, 'measured', repeat('x', 256)::bytea FROM generate_series(1, %d) g"
)


class Connection:
    """A connection over the server's Unix socket, for statements that return nothing."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        try:
            self.socket.connect(path)
            words = b"user\0postgres\0database\0postgres\0\0"
            self.socket.sendall(struct.pack("!ii", 8 + len(words), 196608) + words)
            self.wait()
        except BaseException:
            self.socket.close()
            raise

    def run(self, statement):
        text = statement.encode() + b"\0"
        self.socket.sendall(b"Q" + struct.pack("!i", 4 + len(text)) + text)
        self.wait()

    def wait(self):
        """Reads until the server is ready for the next statement."""
        while True:
            kind, length = struct.unpack("!ci", self.read(5))
            body = self.read(length - 4)
            if kind == b"E":
                raise ConnectionError(body.decode(errors="replace"))
            if kind == b"Z":
                return

    def read(self, count):
        bytes_read = b""
        while len(bytes_read) < count:
            more = self.socket.recv(count - len(bytes_read))
            if not more:
                raise ConnectionError("the server has gone")
            bytes_read += more
        return bytes_read


def connect(path):
    """Tries each millisecond, until somebody serves."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return Connection(path)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.001)


def start(program, directory):
    with open(directory + "/log", "a") as log:
        command = [*AS_POSTGRES, program, "-D", directory + "/data"]
        return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)


def kill(server):
    """Kills the server and its processes, and waits until none is left: the next one refuses to start beside them."""
    children = pathlib.Path("/proc/%d/task/%d/children" % (server.pid, server.pid)).read_text().split()
    for process in [server.pid, *map(int, children)]:
        os.kill(process, signal.SIGKILL)
    server.wait()
    while any(is_running(int(child)) for child in children):
        time.sleep(0.0005)


def is_running(process):
    try:
        state = pathlib.Path("/proc/%d/stat" % process).read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


def main():
    program, directory, port = sys.argv[1:]
    path = "%s/.s.PGSQL.%s" % (directory, port)
    server = start(program, directory)
    connect(path).run(INSERT % (-1, KEPT))
    connect(path).run("CHECKPOINT")
    samples = []
    for life in range(LIVES + 1):
        connect(path).run(INSERT % (life, ADDED))
        begin = time.monotonic_ns()
        kill(server)
        server = start(program, directory)
        connect(path).run(INSERT % (1_000 + life, 1))
        samples.append((time.monotonic_ns() - begin) * 1000)
    print(json.dumps({"name": "node kill to serving again", "figure": "Operation", "samples": samples[1:]}))
    server.send_signal(signal.SIGINT)
    server.wait()


main()
