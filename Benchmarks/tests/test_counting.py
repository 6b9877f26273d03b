"""The counting of what hot paths take."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "HotPaths"))
import counting  # noqa: E402

RUN = """\
version: 1
events: Ir
summary: 1200
fl=(1) main.c
fn=(1) main
16 400
cfn=(2) malloc
calls=3 0
16 90
cob=(4) libc.so
cfi=(3) stdlib.c
cfn=(3) free
calls=5 0
16 10
fn=(4) swift_slowAlloc
16 100
cfn=(2)
calls=2 0
* 60
cfn=(5) posix_memalign@@GLIBC_2.2.5
calls=1 0
* 60
cfn=(6) malloc_usable_size
calls=7 0
* 60
fn=(2)
16 800
totals: 1200
"""
TOLERANCES = {"default": {"instructions": 0.01, "allocations": 0}, "append": {"instructions": 0.1}}


def one(instructions, allocations):
    return {"instructions": instructions, "allocations": allocations}


class Reading(unittest.TestCase):
    def test_the_instructions_are_the_total(self):
        self.assertEqual(counting.read(RUN.splitlines())["instructions"], 1200)

    def test_allocations_are_calls_of_allocators_whether_their_names_are_written_out_or_not(self):
        self.assertEqual(counting.read(RUN.splitlines())["allocations"], 3 + 2 + 1)

    def test_calls_after_which_no_function_is_named_are_nobody_s(self):
        lines = ["cfn=(1) malloc", "calls=1 0", "1 1", "calls=9 0", "totals: 5"]
        self.assertEqual(counting.read(lines)["allocations"], 1)

    def test_a_run_that_did_not_end_is_no_count(self):
        with self.assertRaises(counting.NoCounts):
            counting.read(["fn=(1) main", "16 400"])

    def test_names_are_without_version_and_recursion(self):
        self.assertEqual(counting.plain("malloc@@GLIBC_2.2.5"), "malloc")
        self.assertEqual(counting.plain("realloc'2"), "realloc")


class PerOperation(unittest.TestCase):
    def test_what_both_runs_do_cancels_out(self):
        self.assertEqual(counting.per_operation(one(1_500, 12), one(6_500, 62), 10), one(500, 5))

    def test_the_longer_run_must_do_more(self):
        with self.assertRaises(ValueError):
            counting.per_operation(one(1, 1), one(2, 2), 0)


class Comparing(unittest.TestCase):
    def found(self, counted, committed):
        return counting.differences(counted, committed, TOLERANCES)

    def test_the_same_is_no_difference(self):
        self.assertEqual(self.found({"call": one(700, 0)}, {"call": one(700, 0)}), [])
        self.assertEqual(self.found({"call": one(706, 0.01)}, {"call": one(700, 0)}), [])

    def test_more_than_the_tolerance_is_one(self):
        [line] = self.found({"call": one(708, 0)}, {"call": one(700, 0)})
        self.assertIn("more", line)

    def test_less_is_one_as_well(self):
        [line] = self.found({"call": one(650, 0)}, {"call": one(700, 0)})
        self.assertIn("less", line)

    def test_an_allocation_where_there_was_none_is_one(self):
        [line] = self.found({"call": one(700, 1)}, {"call": one(700, 0)})
        self.assertIn("allocations", line)

    def test_a_path_can_have_a_tolerance_of_its_own(self):
        self.assertEqual(self.found({"append": one(1_090, 60)}, {"append": one(1_000, 60)}), [])
        self.assertEqual(len(self.found({"append": one(1_110, 61)}, {"append": one(1_000, 60)})), 2)

    def test_a_path_on_one_side_only_is_one(self):
        self.assertEqual(len(self.found({"new": one(1, 1)}, {"old": one(1, 1)})), 2)


if __name__ == "__main__":
    unittest.main()
