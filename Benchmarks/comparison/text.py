"""How figures and verdicts are written."""

import statistics

from . import judging


def quantity(value, figure="Operation"):
    if figure == "Bytes":
        return "{:,.0f} B".format(value)
    for unit, size in [("s", 1e12), ("ms", 1e9), ("µs", 1e6), ("ns", 1e3)]:
        if value >= size:
            break
    value /= size
    return "{:,.{}f} {}".format(value, 0 if value >= 100 else 1 if value >= 10 else 2, unit)


def cell(values, figure="Operation"):
    """The median of the rounds, with the lowest and the highest."""
    if not values:
        return "not run"
    middle = quantity(statistics.median(values), figure)
    if len(values) == 1:
        return middle
    return "%s (%s – %s)" % (middle, quantity(min(values), figure), quantity(max(values), figure))


def ratio(verdict):
    if verdict.kind != judging.JUDGED:
        return "" if verdict.kind == judging.ALONE else verdict.kind
    return "%.2f (%.2f – %.2f)" % (verdict.ratio, verdict.worst, verdict.best)


def target(row):
    if row.limit is not None:
        return "≤ %s" % quantity(row.limit, row.ours[1])
    return "" if row.target is None else "≥ %.3g" % row.target


def met(verdict):
    return {None: "", True: "yes", False: "no"}[verdict.met]


def table(rows, sitting):
    """A Markdown table of rows, line by line; without the columns that would be empty."""
    has_peers = any(row.theirs for row in rows)
    has_targets = any(row.target is not None or row.limit is not None for row in rows)
    head, rule = ["work", "ours"], ["---", "---:"]
    if has_peers:
        head, rule = head + ["peer", "by", "ratio"], rule + ["---:", "---", "---:"]
    if has_targets:
        head, rule = head + ["target", "met"], rule + ["---:", "---"]
    yield line(head)
    yield "|%s|" % "|".join(rule)
    for row in rows:
        verdict = judging.verdict(row, sitting)
        cells = [row.title, cell(sitting.ours(row), row.ours[1])]
        if has_peers:
            theirs = cell(sitting.theirs(row), row.ours[1]) if row.theirs else ""
            cells += [theirs, row.by, ratio(verdict)]
        if has_targets:
            cells += [target(row), met(verdict)]
        yield line(cells)


def line(cells):
    return "| %s |" % " | ".join(cell.replace("|", "\\|") for cell in cells)
