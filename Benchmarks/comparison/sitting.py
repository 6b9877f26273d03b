"""The figures of one sitting: every round of both sides, and what did not run."""

import json


class Sitting:
    """Figures are kept as they were read: for each side, benchmark, figure and percentile, one value of every round."""

    def __init__(self, facts=None):
        self.facts = facts or {}
        self.figures = {}
        # What is not there, and why: the program of a peer that was not found, and what failed.
        self.missing = {}
        self.failed = {}

    def add(self, side, name, figure, percentile, value):
        self.figures.setdefault(key(side, name, figure, percentile), []).append(value)

    def of(self, side, figure, percentile=50):
        """The rounds of a figure, or none."""
        return self.figures.get(key(side, figure[0], figure[1], percentile), []) if figure else []

    def ours(self, row):
        return self.of("ours", row.ours, row.percentile)

    def theirs(self, row):
        from . import rows

        return self.of("ours" if row.by == rows.OURSELVES else row.by, row.theirs, row.percentile)

    def forget(self, side, names):
        """Drops what a side has come to, so that half of it is not taken for all of it."""
        self.figures = {k: v for k, v in self.figures.items() if not (k.split("|")[0] == side and k.split("|")[1] in names)}

    def write(self, path):
        text = {"facts": self.facts, "missing": self.missing, "failed": self.failed, "figures": self.figures}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path):
        text = json.loads(path.read_text(encoding="utf-8"))
        sitting = cls(text["facts"])
        sitting.missing, sitting.failed, sitting.figures = text["missing"], text["failed"], text["figures"]
        return sitting


def key(side, name, figure, percentile):
    return "%s|%s|%s|p%d" % (side, name, figure, percentile)
