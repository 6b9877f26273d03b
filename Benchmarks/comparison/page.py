"""The page of one sitting."""

import json
import pathlib
import statistics

from . import judging, plots, rows, text

HERE = pathlib.Path(__file__).resolve().parent.parent
PAGE = HERE.parent / "Guides" / "benchmarks.md"
EXPLANATIONS = HERE / "explanations.json"


class PageRefused(Exception):
    """The page may not be written; the text says why."""


def read_explanations(path=EXPLANATIONS):
    """Why rows are worse than their peers, by the rows' titles."""
    explanations = json.loads(path.read_text(encoding="utf-8"))
    unknown = sorted(set(explanations) - {row.title for row in rows.ROWS})
    if unknown:
        raise PageRefused("%s explains rows that there are not: %s" % (path.name, "; ".join(unknown)))
    return explanations


def write(sitting, explanations, page=PAGE):
    """Writes the page, and its plots into a folder beside it that is named like it.

    - Refused while a row that is worse than its peer, or misses its target, is not explained.
    """
    judged = [(row, judging.verdict(row, sitting)) for row in rows.ROWS]
    missing = judging.unexplained(judged, explanations)
    if missing:
        raise PageRefused("nothing says why these are worse, or miss their targets:\n  " + "\n  ".join(missing))
    folder = page.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    drawn = []
    for plot in plots.PLOTS:
        picture = plots.svg(plot, sitting)
        if picture:
            (folder / (plot.file + ".svg")).write_text(picture, encoding="utf-8")
            drawn.append(plot)
    page.write_text("\n".join(lines(sitting, judged, explanations, drawn, folder.name)) + "\n", encoding="utf-8")


def lines(sitting, judged, explanations, drawn, folder):
    yield from head(sitting, judged)
    for group in rows.GROUPS:
        steady = [row for row, _ in judged if row.group == group and not row.is_growth]
        yield from ["", "## %s" % group, ""]
        yield from text.table(steady, sitting)
    yield from simulated(sitting)
    yield from ["", "## How cost grows", "", "The bars are the lowest and the highest round; both axes are logarithmic.", ""]
    for plot in drawn:
        yield from ["![%s](%s/%s.svg)" % (plot.title, folder, plot.file), ""]
    yield from text.table([row for row, _ in judged if row.is_growth], sitting)
    yield from ["", "## What is worse, or misses its target, and why", ""]
    worse = [row for row, verdict in judged if judging.is_worse(verdict)]
    for row in worse:
        yield "- **%s**: %s" % (row.title, explanations[row.title].strip())
    if not worse:
        yield "Nothing, in this sitting."


def simulated(sitting):
    """What the times of simulations come to in the units that one thinks in."""
    second, seed = sitting.ours(rows.VIRTUAL_SECOND), sitting.ours(rows.SEED)
    if second and seed:
        speeds = rows.SECOND / statistics.median(second), 60 * rows.SECOND / statistics.median(seed)
        yield from ["", "That is %s simulated seconds in a second, and %s seeds in a minute." % tuple("{:,.0f}".format(s) for s in speeds)]


def head(sitting, judged):
    facts = sitting.facts
    targets = [verdict for row, verdict in judged if row.target is not None or row.limit is not None]
    met, missed = [sum(verdict.met is value for verdict in targets) for value in (True, False)]
    yield from [
        "# Benchmarks",
        "",
        "What Mangrove takes, beside what others take for the same work, measured in one sitting on one machine. Absolute figures",
        "move from machine to machine: look at the ratios, and run it on your own. [Benchmarks](../Benchmarks/README.md) says what",
        "is measured, how both sides are run and why they are equal. This page is written by",
        "",
        "```sh",
        "Benchmarks/compare --page",
        "```",
        "",
        "A figure is the median of the rounds, with the lowest and the highest; each round's is the median of its repetitions, or",
        "what else its name says. A ratio above 1 is in our favour; beside it stands what it could be at worst and at best. There is",
        "none where the rounds of a side are further apart than the two sides are.",
        "",
        "| the sitting | |",
        "|---|---|",
    ]
    for name in ("date", "commit", "processors", "memory", "system"):
        yield text.line([name, facts.get(name, "unknown")])
    yield text.line(["versions", "; ".join(facts.get("versions", []))])
    yield text.line(["rounds", "%s of each side by turns, in %s s" % (facts.get("rounds"), facts.get("seconds", "?"))])
    yield text.line(["load", "%s before, %s after" % (facts.get("load before", "?"), facts.get("load after", "?"))])
    for what, why in sorted(sitting.missing.items()):
        yield text.line([what, "not run: %s" % why])
    for what in sorted(sitting.failed):
        yield text.line([what, "failed, and was left out"])
    yield from [
        "",
        "Of %d targets %d are met, %d are missed, and %d cannot be told from this sitting."
        % (len(targets), met, missed, len(targets) - met - missed),
    ]
