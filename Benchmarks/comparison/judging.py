"""The comparison's arithmetic: the ratio of two sides, whether it can be told at all, and whether it is enough."""

import collections
import statistics

NOT_RUN, ONE_ROUND, TOO_NOISY, ALONE, JUDGED = "not run", "one round only", "too noisy", "alone", "judged"

# `kind` is one of the above; `ratio`, with what it could be at worst and at best, is there if it was judged. `met` is
# whether the target is reached, or None where there is none or it cannot be told.
Verdict = collections.namedtuple("Verdict", "kind ratio worst best met", defaults=[None] * 4)


def spread(values):
    """How far the rounds of one side are apart, as a factor."""
    return max(values) / min(values)


def judge(ours, theirs, target=None):
    """Compares two sides, whose figures are the smaller the better. Above 1 ours is the better one.

    A ratio is refused where the rounds of either side are further apart than the two sides are: another sitting could come
    to the opposite.
    """
    if not ours or not theirs:
        return Verdict(NOT_RUN)
    if len(ours) < 2 or len(theirs) < 2:
        return Verdict(ONE_ROUND)
    ratio = statistics.median(theirs) / statistics.median(ours)
    if max(spread(ours), spread(theirs)) > max(ratio, 1 / ratio):
        return Verdict(TOO_NOISY)
    met = None if target is None else ratio >= target
    return Verdict(JUDGED, ratio, min(theirs) / max(ours), max(theirs) / min(ours), met)


def judge_alone(ours, limit):
    """Compares a figure that no peer has with the most that it may be."""
    if not ours:
        return Verdict(NOT_RUN)
    if limit is None:
        return Verdict(ALONE)
    return Verdict(ALONE, met=statistics.median(ours) <= limit)


def verdict(row, sitting):
    if row.theirs is None:
        return judge_alone(sitting.ours(row), row.limit)
    return judge(sitting.ours(row), sitting.theirs(row), row.target)


def is_worse(verdict):
    """Whether the row has something to explain: it is worse than its peer, or misses what is wanted of it."""
    return verdict.met is False or (verdict.kind == JUDGED and verdict.ratio < 1)


def unexplained(judged, explanations):
    """The rows of `judged`, pairs of a row and its verdict, that have something to explain and do not."""
    return [row.title for row, verdict in judged if is_worse(verdict) and not explanations.get(row.title, "").strip()]


def percentile(samples, share):
    """The sample that so many of a hundred do not exceed."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]
