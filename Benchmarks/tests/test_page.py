"""The page, its plots, and what becomes of a side that does not run."""

import pathlib
import sys
import tempfile
import types
import unittest
import xml.etree.ElementTree as xml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from comparison import page, plots, rows, sides  # noqa: E402
from comparison.sitting import Sitting  # noqa: E402


def sitting_of(ours, theirs):
    """A sitting in which every row came to the same."""
    sitting = Sitting({"date": "2020-01-01", "rounds": len(ours), "versions": ["one", "two"]})
    for side, figure, values in sorted(figures(ours, theirs)):
        for value in values:
            sitting.add(side, figure[0], figure[1], figure[2], value)
    return sitting


def figures(ours, theirs):
    for row in rows.ROWS:
        yield "ours", (*row.ours, row.percentile), tuple(ours)
        if row.theirs and row.by != rows.OURSELVES:
            yield row.by, (*row.theirs, row.percentile), tuple(theirs)


class Page(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.page = pathlib.Path(self.folder.name) / "benchmarks.md"

    def tearDown(self):
        self.folder.cleanup()

    def test_it_is_refused_while_something_worse_is_not_explained(self):
        with self.assertRaises(page.PageRefused) as refused:
            page.write(sitting_of([2e6, 2e6], [1e6, 1e6]), {}, self.page)
        self.assertIn("call, one caller", str(refused.exception))
        self.assertFalse(self.page.exists())

    def test_it_says_why_what_is_worse_is_worse(self):
        explanations = {row.title: "because of %s" % row.title for row in rows.ROWS}
        page.write(sitting_of([2e6, 2e6], [1e6, 1e6]), explanations, self.page)
        written = self.page.read_text(encoding="utf-8")
        self.assertIn("- **counting**: because of counting", written)
        self.assertIn("0.50 (0.50 – 0.50)", written)

    def test_it_says_how_fast_simulations_are(self):
        explanations = {row.title: "because" for row in rows.ROWS}
        page.write(sitting_of([2e9, 2e9], [2e9, 2e9]), explanations, self.page)
        written = self.page.read_text(encoding="utf-8")
        self.assertIn("That is 500 simulated seconds in a second, and 30,000 seeds in a minute.", written)

    def test_a_peer_that_was_not_there_is_not_run_whatever_an_earlier_page_says(self):
        self.page.write_text("counting 1.00 ns", encoding="utf-8")
        sitting = sitting_of([1e3, 1e3], [1e9, 1e9])
        sitting.figures = {key: values for key, values in sitting.figures.items() if not key.startswith(rows.OTP)}
        sitting.missing[rows.OTP] = "there is no elixir"
        explanations = {row.title: "because" for row in rows.ROWS}
        page.write(sitting, explanations, self.page)
        written = self.page.read_text(encoding="utf-8")
        self.assertIn("| counting | 1.00 ns (1.00 ns – 1.00 ns) | not run | OTP | not run |", written)
        self.assertIn("not run: there is no elixir", written)

    def test_plots_of_an_earlier_page_are_gone(self):
        old = self.page.with_suffix("") / "old.svg"
        old.parent.mkdir()
        old.write_text("old", encoding="utf-8")
        page.write(Sitting({}), {}, self.page)
        self.assertFalse(old.exists())

    def test_every_picture_on_the_page_is_there_and_is_xml(self):
        explanations = {row.title: "because" for row in rows.ROWS}
        page.write(sitting_of([2e6, 3e6, 4e6], [1e7, 2e7, 3e7]), explanations, self.page)
        written = self.page.read_text(encoding="utf-8")
        for plot in plots.PLOTS:
            self.assertIn("(benchmarks/%s.svg)" % plot.file, written)
            xml.fromstring((self.page.with_suffix("") / (plot.file + ".svg")).read_text(encoding="utf-8"))

    def test_every_figure_of_a_plot_is_that_of_a_row(self):
        known = {row.ours for row in rows.ROWS} | {row.theirs for row in rows.ROWS}
        for plot in plots.PLOTS:
            for series in plot.series:
                self.assertEqual(len(plot.sizes), len(series.figures), plot.title)
                self.assertLessEqual(set(series.figures), known, plot.title)

    def test_the_committed_explanations_are_of_rows_that_there_are(self):
        page.read_explanations()

    def test_an_explanation_of_no_row_is_refused(self):
        file = pathlib.Path(self.folder.name) / "explanations.json"
        file.write_text('{"no such row": "because"}', encoding="utf-8")
        with self.assertRaises(page.PageRefused):
            page.read_explanations(file)

    def test_a_sitting_is_read_as_it_was_written(self):
        file = pathlib.Path(self.folder.name) / "sitting.json"
        sitting = sitting_of([1e6, 2e6], [3e6, 4e6])
        sitting.failed["Stores, ours"] = "it ended with 1"
        sitting.write(file)
        again = Sitting.read(file)
        self.assertEqual(vars(again), vars(sitting))


class Sides(unittest.TestCase):
    options = types.SimpleNamespace(rounds=3, filter=[], scratch_path=None)

    def test_a_side_that_fails_is_left_out_and_the_others_go_on(self):
        sitting, rounds = Sitting(), []

        def ours(sitting, group, options):
            rounds.append(group)
            sitting.add("ours", "counting" if group == "Savina" else "lookup of a key", "Operation", 50, 1)
            if group == "Savina" and rounds.count(group) == 2:
                raise sides.SideFailed("it ended with 1")

        def peer(sitting, peer, options):
            sitting.add(peer.name, "counting" if "Savina" in peer.command else "lookup of a key", "Operation", 50, 2)

        with swapped(sides, run_ours=ours, run_peer=peer, print=lambda *words, **more: None):
            sides.run(sitting, ["Savina", "Registry"], self.options)
        self.assertEqual(list(sitting.failed), ["Savina, ours"])
        self.assertEqual(sitting.of("ours", ("counting", "Operation")), [])
        self.assertEqual(sitting.of("ours", ("lookup of a key", "Operation")), [1, 1, 1])
        self.assertEqual(sitting.of(rows.OTP, ("counting", "Operation")), [2, 2, 2])

    def test_a_peer_without_its_program_is_missing_and_has_no_figures(self):
        sitting = Sitting()
        sides.run_peer(sitting, rows.Peer("nobody's", ["run.sh"], "no-such-program-anywhere"), self.options)
        self.assertEqual(sitting.missing, {"nobody's": "there is no no-such-program-anywhere"})
        self.assertEqual(sitting.figures, {})

    def test_a_program_that_ends_badly_fails_with_its_last_lines(self):
        with self.assertRaises(sides.SideFailed) as failure:
            sides.output_of(["sh", "-c", "echo what went wrong; exit 3"], "/", None)
        self.assertIn("ended with 3", str(failure.exception))
        self.assertIn("what went wrong", str(failure.exception))

    def test_sides_begin_by_turns(self):
        order = []
        with swapped(
            sides,
            run_ours=lambda *_: order.append("ours"),
            run_peer=lambda *_: order.append("peer"),
            print=lambda *words, **more: None,
        ):
            sides.run(Sitting(), ["Registry"], self.options)
        self.assertEqual(order, ["ours", "peer", "peer", "ours", "ours", "peer"])


class swapped:
    """Other functions in a module, for as long as it lasts."""

    def __init__(self, module, **functions):
        self.module, self.functions = module, functions

    def __enter__(self):
        self.before = {name: vars(self.module).get(name) for name in self.functions}
        vars(self.module).update(self.functions)

    def __exit__(self, *_):
        for name, function in self.before.items():
            if function is None:
                del vars(self.module)[name]
            else:
                vars(self.module)[name] = function


if __name__ == "__main__":
    unittest.main()
