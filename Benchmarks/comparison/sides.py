"""Runs both sides, by turns, and adds up what they came to. What fails is told and left out; the rest goes on."""

import csv
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from . import judging, rows

HERE = pathlib.Path(__file__).resolve().parent.parent
# Nothing takes longer than this, unless it hangs.
LIMIT = 600


class SideFailed(Exception):
    """A side did not run; the text says how it ended."""


def run(sitting, groups, options):
    for number in range(1, options.rounds + 1):
        for group in groups:
            turns = [("ours", lambda: run_ours(sitting, group, options))]
            turns += [(peer.name, lambda peer=peer: run_peer(sitting, peer, options)) for peer in rows.GROUPS[group]]
            # Who begins has the quieter machine, or the hotter one: each in turn.
            for side, turn in turns if number % 2 else reversed(turns):
                take_turn(sitting, number, group, side, turn)


def take_turn(sitting, number, group, side, turn):
    what = "%s, %s" % (group, side)
    if what in sitting.failed:
        return
    start = time.monotonic()
    try:
        turn()
    except SideFailed as failure:
        sitting.failed[what] = str(failure)
        sitting.forget(side, names_of(group, side))
        print("compare: %s failed, and is left out: %s" % (what, failure), file=sys.stderr, flush=True)
        return
    print("round %d, %s: %.0f s" % (number, what, time.monotonic() - start), file=sys.stderr, flush=True)


def names_of(group, side):
    """The benchmarks that a side does for a group."""
    own = [row for row in rows.ROWS if row.group == group]
    if side == "ours":
        return {row.ours[0] for row in own} | {row.theirs[0] for row in own if row.by == rows.OURSELVES}
    return {row.theirs[0] for row in own if row.by == side}


def run_ours(sitting, group, options):
    with tempfile.TemporaryDirectory() as folder:
        command = ["swift", "package", "--disable-sandbox"]
        if options.scratch_path:
            command += ["--scratch-path", str(pathlib.Path(options.scratch_path).resolve())]
        command += ["benchmark", "--no-progress", "--format", "influx", "--path", folder, "--target", group]
        for name in options.filter:
            command += ["--filter", name]
        output = output_of(command, HERE, subprocess.STDOUT)
        exports = list(pathlib.Path(folder).glob("*.csv"))
        if not exports:
            raise SideFailed("there is no export: %s" % last_lines(output))
        seen = set()
        for line in csv.DictReader(l for l in exports[0].read_text().splitlines() if not l.startswith("#")):
            seen.add(line["test"])
            percentile = float(line["percentile"])
            if percentile in (50, 99):
                sitting.add("ours", line["test"], line["metric"], percentile, float(line["value"]))
    # The library goes on after a benchmark that throws, and ends well.
    for name in sorted(names_of(group, "ours") - seen if not options.filter else []):
        sitting.failed["%s, ours, %s" % (group, name)] = why_of(name, output)
        sitting.forget("ours", {name})


def why_of(name, output):
    lines = [line.strip() for line in output.splitlines() if name in line and "failed" in line]
    return lines[0] if lines else "it has no figure: %s" % last_lines(output)


def run_peer(sitting, peer, options):
    if not shutil.which(peer.needs):
        sitting.missing[peer.name] = "there is no %s" % peer.needs
        return
    command = [str(HERE / "Peers" / peer.command[0])] + peer.command[1:]
    for line in output_of(command, HERE, None).splitlines():
        entry = json.loads(line)
        samples = entry["samples"]
        sitting.add(peer.name, entry["name"], entry["figure"], 50, statistics.median(samples))
        sitting.add(peer.name, entry["name"], entry["figure"], 99, judging.percentile(samples, 99))


def output_of(command, folder, errors):
    try:
        run = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        raise SideFailed("it was not done after %d s: %s" % (LIMIT, " ".join(command)))
    except OSError as error:
        raise SideFailed(str(error))
    if run.returncode != 0:
        raise SideFailed("%s ended with %d: %s" % (" ".join(command), run.returncode, last_lines(run.stdout)))
    return run.stdout


def last_lines(text):
    return " / ".join([line.strip() for line in text.splitlines() if line.strip()][-8:])


def load():
    return "%.1f" % os.getloadavg()[0]
