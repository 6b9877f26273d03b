"""What the figures depend on beside the programs: the machine and the versions."""

import datetime
import os
import pathlib
import platform
import subprocess


def facts(rounds):
    return {
        "date": str(datetime.date.today()),
        "rounds": rounds,
        "commit": commit(),
        "processors": "%d, %s" % (os.cpu_count(), processor()),
        "memory": memory(),
        "system": "%s %s, %s" % (platform.system(), platform.release(), platform.machine()),
        "versions": [version for version in map(output_of, VERSIONS) if version],
        "load before": "%.1f" % os.getloadavg()[0],
    }


VERSIONS = [
    (["swift", "--version"], "wift version"),
    (["elixir", "--version"], "rlang"),
    (["elixir", "--version"], "lixir"),
    (["psql", "--version"], "psql"),
    (["cc", "--version"], "cc"),
]


def output_of(version):
    """The first line with a word in it that a command prints of its own version; none if it is not installed."""
    command, word = version
    try:
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except FileNotFoundError:
        return None
    return next((line.strip() for line in run.stdout.splitlines() if word in line), None)


def commit():
    """The commit that was measured, and whether the sources were changed after it."""
    here = pathlib.Path(__file__).resolve().parent

    def git(*words):
        run = subprocess.run(["git", *words], cwd=here, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return run.stdout.strip() if run.returncode == 0 else ""

    changed = git("status", "--porcelain", "--", ":/Sources", ":/Package.swift")
    return (git("rev-parse", "--short=12", "HEAD") or "unknown") + (", with changes" if changed else "")


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def memory():
    try:
        lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return "unknown"
    kilobytes = next((int(line.split()[1]) for line in lines if line.startswith("MemTotal")), 0)
    return "%.0f GiB" % (kilobytes / (1 << 20))
