"""The comparison's own arithmetic."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from comparison import judging, rows, text  # noqa: E402
from comparison.sitting import Sitting  # noqa: E402


class Judging(unittest.TestCase):
    def test_a_ratio_is_that_of_the_medians_and_above_one_in_our_favour(self):
        verdict = judging.judge([10, 11, 12], [30, 33, 36])
        self.assertEqual(verdict.kind, judging.JUDGED)
        self.assertAlmostEqual(verdict.ratio, 3)

    def test_the_worst_and_the_best_are_of_the_outermost_rounds(self):
        verdict = judging.judge([10, 11, 12], [30, 33, 36])
        self.assertAlmostEqual(verdict.worst, 2.5)
        self.assertAlmostEqual(verdict.best, 3.6)

    def test_a_ratio_is_refused_where_our_rounds_are_further_apart_than_the_sides(self):
        self.assertEqual(judging.judge([10, 20, 30], [40, 40, 40]).kind, judging.TOO_NOISY)

    def test_a_ratio_is_refused_where_the_peer_s_rounds_are_further_apart_than_the_sides(self):
        self.assertEqual(judging.judge([100, 100, 100], [100, 120, 140]).kind, judging.TOO_NOISY)

    def test_a_spread_as_wide_as_the_ratio_is_not_wider(self):
        self.assertEqual(judging.judge([10, 10], [20, 40]).kind, judging.JUDGED)
        self.assertEqual(judging.judge([10, 10], [10, 40]).kind, judging.TOO_NOISY)

    def test_it_is_refused_in_the_peer_s_favour_as_well(self):
        self.assertEqual(judging.judge([30, 33, 36], [10, 11, 12]).kind, judging.JUDGED)
        self.assertEqual(judging.judge([10, 20, 15], [12, 12, 12]).kind, judging.TOO_NOISY)

    def test_a_refused_ratio_neither_reaches_a_target_nor_misses_it(self):
        self.assertIsNone(judging.judge([10, 20, 30], [40, 40, 40], target=15).met)

    def test_one_round_shows_no_spread_and_so_no_ratio(self):
        self.assertEqual(judging.judge([10], [30, 33]).kind, judging.ONE_ROUND)
        self.assertEqual(judging.judge([10, 11], [30]).kind, judging.ONE_ROUND)

    def test_a_side_without_figures_was_not_run(self):
        self.assertEqual(judging.judge([10, 11], []).kind, judging.NOT_RUN)
        self.assertEqual(judging.judge([], [10, 11]).kind, judging.NOT_RUN)

    def test_a_target_is_reached_by_the_ratio_itself(self):
        self.assertIs(judging.judge([10, 10], [40, 40], target=4).met, True)
        self.assertIs(judging.judge([10, 10], [39, 39], target=4).met, False)

    def test_a_limit_is_for_figures_that_no_peer_has(self):
        self.assertIs(judging.judge_alone([90, 100, 110], 100).met, True)
        self.assertIs(judging.judge_alone([90, 101, 110], 100).met, False)
        self.assertIsNone(judging.judge_alone([90], None).met)
        self.assertEqual(judging.judge_alone([], 100).kind, judging.NOT_RUN)

    def test_a_percentile_is_a_sample(self):
        self.assertEqual(judging.percentile(list(range(100)), 99), 99)
        self.assertEqual(judging.percentile([3, 1, 2], 99), 3)
        self.assertEqual(judging.percentile([3, 1, 2], 50), 2)


class Explaining(unittest.TestCase):
    row = rows.ROWS[0]

    def missing(self, ours, theirs, target, explanations):
        return judging.unexplained([(self.row, judging.judge(ours, theirs, target))], explanations)

    def test_what_is_worse_than_its_peer_needs_an_explanation(self):
        self.assertEqual(self.missing([20, 20], [10, 10], None, {}), [self.row.title])
        self.assertEqual(self.missing([20, 20], [10, 10], None, {self.row.title: "because"}), [])

    def test_what_is_better_but_misses_its_target_needs_one_too(self):
        self.assertEqual(self.missing([10, 10], [20, 20], 4, {}), [self.row.title])

    def test_blank_is_no_explanation(self):
        self.assertEqual(self.missing([20, 20], [10, 10], None, {self.row.title: "  "}), [self.row.title])

    def test_what_is_good_enough_noisy_or_not_run_needs_none(self):
        self.assertEqual(self.missing([10, 10], [20, 20], 2, {}), [])
        self.assertEqual(self.missing([10, 30], [10, 10], 2, {}), [])
        self.assertEqual(self.missing([10, 30], [], 2, {}), [])


class Rows(unittest.TestCase):
    def test_every_title_is_one_row_s_only(self):
        titles = [row.title for row in rows.ROWS]
        self.assertEqual(len(titles), len(set(titles)))

    def test_every_row_is_of_a_group_and_a_peer_that_there_are(self):
        for row in rows.ROWS:
            peers = {peer.name for peer in rows.GROUPS[row.group]} | {rows.OURSELVES, rows.NOBODY}
            self.assertIn(row.by, peers, row.title)
            self.assertEqual(row.by == rows.NOBODY, row.theirs is None, row.title)

    def test_a_row_that_compares_us_with_ourselves_takes_both_figures_from_our_side(self):
        row = next(row for row in rows.ROWS if row.by == rows.OURSELVES)
        sitting = Sitting()
        sitting.add("ours", row.theirs[0], row.theirs[1], 50, 7)
        self.assertEqual(sitting.theirs(row), [7])


class Writing(unittest.TestCase):
    def test_quantities_are_in_the_unit_that_reads_best(self):
        self.assertEqual(text.quantity(88_300), "88.3 ns")
        self.assertEqual(text.quantity(1_110_000), "1.11 µs")
        self.assertEqual(text.quantity(384e9), "384 ms")
        self.assertEqual(text.quantity(1.06e12), "1.06 s")
        self.assertEqual(text.quantity(3_577, "Bytes"), "3,577 B")

    def test_a_cell_has_the_median_and_the_outermost_rounds(self):
        self.assertEqual(text.cell([3e3, 1e3, 2e3]), "2.00 ns (1.00 ns – 3.00 ns)")
        self.assertEqual(text.cell([2e3]), "2.00 ns")
        self.assertEqual(text.cell([]), "not run")


if __name__ == "__main__":
    unittest.main()
