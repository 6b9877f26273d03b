"""Plots of the scale sweeps: SVG that is readable on light and on dark pages."""

import collections
import math
import statistics

from . import text
from .rows import CALLERS, CROWDS, DEPTHS, EVENTS, GROUP_SIZES, OTP, OURSELVES, REOPENED, STORE_COUNTS

# One line of a plot: for each size a figure of a side. `side` is "ours" or a peer.
Series = collections.namedtuple("Series", "label side figures")
Plot = collections.namedtuple("Plot", "file title across sizes series")

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 80, 190, 44, 56
# Told apart in both surroundings, and by those who do not see all colours.
COLOURS = ["#3b82c4", "#d9772b", "#4a9d5b", "#b05cc0", "#b8860b", "#c4475a"]
DASHES = {"ours": "", "theirs": "6 4"}


def numbers(sizes):
    return [float(size) for size in sizes]


def both(label, names, figure="Operation", other=OTP):
    """Our line and the peer's, of benchmarks of these names."""
    figures = [(name, figure) for name in names]
    return [Series(label + ", ours", "ours", figures), Series("%s, %s" % (label, other), other, figures)]


def ours(label, names, figure="Operation"):
    return [Series(label, "ours", [(name, figure) for name in names])]


def crowd(what):
    return ["beside %s %s" % (size, what) for size in CROWDS]


PLOTS = [
    Plot("callers", "A call, by how many call the process at a time", "callers", numbers(CALLERS),
         both("call", ["call among %d callers" % callers for callers in CALLERS])),
    Plot("dynamic-children", "Beside dynamic children of one supervisor", "children", numbers(CROWDS),
         sum([both(figure.lower(), crowd("dynamic children"), figure) for figure in ("Start", "Restart", "Stop")], [])),
    Plot("listed-children", "Beside listed children of one supervisor", "children", numbers(CROWDS),
         sum([both(figure.lower(), crowd("listed children"), figure) for figure in ("Start", "Restart", "Stop")], [])),
    Plot("names", "Beside keys of one registry", "keys", numbers(CROWDS),
         sum([both(figure.lower(), crowd("keys"), figure) for figure in ("Lookup", "Registration")], [])),
    Plot("groups", "A group that restarts together, from the kill of the first to the answer of the last", "members",
         numbers(GROUP_SIZES), both("oneForAll", ["oneForAll of %d" % size for size in GROUP_SIZES])),
    Plot("depths", "From a crash to answering again, by the supervisors above", "supervisors", numbers(DEPTHS),
         both("the lowest restarts", ["crash below %d supervisors" % depth for depth in DEPTHS])
         + both("all give up", ["escalation through %d supervisors" % depth for depth in DEPTHS])),
    Plot("events", "A durable append, by what is in the store", "events", numbers(EVENTS),
         ours("to a new stream", ["beside %s events" % size for size in EVENTS], "Start")
         + ours("to a long stream", ["beside %s events" % size for size in EVENTS], "Stop")),
    Plot("reopening", "Reopening a store that was killed", "events", numbers(REOPENED),
         ours("first answer", ["reopen after %s events" % size for size in REOPENED])),
    Plot("stores", "What one store of many costs", "stores", numbers(STORE_COUNTS),
         ours("start", ["a store of %d" % count for count in STORE_COUNTS], "Start")
         + ours("stop", ["a store of %d" % count for count in STORE_COUNTS], "Stop")),
    Plot("appends-among-stores", "A durable append to one store of many", "stores", numbers(STORE_COUNTS[1:]),
         ours("others idle", ["append among %d stores that have nothing to do" % count for count in STORE_COUNTS[1:]])
         + ours("one crashing", ["append among %d stores beside one that crashes in a loop" % count for count in STORE_COUNTS[1:]])),
]  # fmt: skip


def lines_of(plot, sitting):
    """For each series that ran, its label, side and points: the size and the rounds there."""
    lines = []
    for series in plot.series:
        points = [(size, sitting.of(series.side, figure)) for size, figure in zip(plot.sizes, series.figures)]
        points = [(size, rounds) for size, rounds in points if rounds]
        if points:
            lines.append((series.label, series.side, points))
    return lines


def svg(plot, sitting):
    """The plot, or None where nothing of it ran."""
    lines = lines_of(plot, sitting)
    if not lines:
        return None
    values = [value for _, _, points in lines for _, rounds in points for value in rounds]
    x = Axis(min(plot.sizes), max(plot.sizes), LEFT, WIDTH - RIGHT)
    y = Axis(*decades(min(values), max(values)), HEIGHT - BOTTOM, TOP)
    out = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s">' % (WIDTH, HEIGHT, escaped(plot.title)),
        "<style>",
        "text { font: 13px system-ui, sans-serif; fill: #444 } .title { font-weight: 600; font-size: 15px }",
        ".grid { stroke: #8884; stroke-width: 1 } .axis { stroke: #888; stroke-width: 1 }",
        "@media (prefers-color-scheme: dark) { text { fill: #ccc } }",
        "</style>",
        '<text class="title" x="12" y="22">%s</text>' % escaped(plot.title),
    ]
    for value in ticks(y.low, y.high):
        out.append('<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>' % (LEFT, WIDTH - RIGHT, y.at(value), y.at(value)))
        out.append('<text x="%d" y="%.1f" text-anchor="end">%s</text>' % (LEFT - 8, y.at(value) + 4, short(value)))
    for size in plot.sizes:
        out.append('<text x="%.1f" y="%d" text-anchor="middle">%s</text>' % (x.at(size), HEIGHT - BOTTOM + 20, "{:,.0f}".format(size)))
    out.append('<line class="axis" x1="%d" x2="%d" y1="%d" y2="%d"/>' % (LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM, HEIGHT - BOTTOM))
    out.append('<text x="%.1f" y="%d" text-anchor="middle">%s</text>' % ((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, escaped(plot.across)))
    out += drawn(lines, x, y)
    return "\n".join(out + ["</svg>", ""])


def drawn(lines, x, y):
    """The lines, each named where it ends, with a bar from the lowest round to the highest at each point."""
    out = []
    labels = spaced([(y.at(statistics.median(points[-1][1])), label) for label, _, points in lines])
    has_peers = any(side != "ours" for _, side, _ in lines)
    for number, (label, side, points) in enumerate(lines):
        # A peer has the colour of what it is beside.
        colour = COLOURS[(number // 2 if has_peers else number) % len(COLOURS)]
        dash = DASHES["ours" if side in ("ours", OURSELVES) else "theirs"]
        path = " ".join("%.1f,%.1f" % (x.at(size), y.at(statistics.median(rounds))) for size, rounds in points)
        out.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>' % (path, colour, dash))
        for size, rounds in points:
            at = x.at(size)
            out.append('<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="%s" stroke-width="1"/>'
                       % (at, at, y.at(min(rounds)), y.at(max(rounds)), colour))  # fmt: skip
            out.append('<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>' % (at, y.at(statistics.median(rounds)), colour))
        out.append('<text x="%d" y="%.1f" style="fill: %s">%s</text>' % (WIDTH - RIGHT + 12, labels[number] + 4, colour, escaped(label)))
    return out


def spaced(wanted, gap=16):
    """Heights near those that are wanted, but far enough from each other to be read."""
    heights, last = {}, -math.inf
    for number, (height, _) in sorted(enumerate(wanted), key=lambda entry: entry[1][0]):
        last = max(height, last + gap)
        heights[number] = last
    return heights


class Axis:
    """Where a value stands, by its logarithm."""

    def __init__(self, low, high, begin, end):
        self.low, self.high, self.begin, self.end = low, high, begin, end

    def at(self, value):
        if self.high == self.low:
            return (self.begin + self.end) / 2
        share = (math.log10(value) - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low))
        return self.begin + share * (self.end - self.begin)


def decades(low, high):
    """The whole powers of ten around what is shown; never less than one of them."""
    bottom, top = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return 10.0**bottom, 10.0 ** max(top, bottom + 1)


def ticks(low, high):
    return [10.0**power for power in range(round(math.log10(low)), round(math.log10(high)) + 1)]


def short(value):
    number, unit = text.quantity(value).split(" ")
    return "%s %s" % (number.rstrip("0").rstrip(".") if "." in number else number, unit)


def escaped(words):
    return words.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
