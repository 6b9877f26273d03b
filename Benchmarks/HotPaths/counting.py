"""Counts what a hot path takes for each operation, from callgrind's output for two runs of different length."""

import re

# Who is asked for memory, at the bottom: Swift's own allocation functions all end here.
ALLOCATORS = {"malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign", "memalign"}

NAME = re.compile(r"c?fn=\((\d+)\)(?: (.*))?")
CALLS = re.compile(r"calls=(\d+)")


class NoCounts(Exception):
    """The text is not callgrind's output of a run that has ended."""


def read(lines):
    """The instructions and the allocations of one run."""
    instructions, allocations = None, 0
    names, callee = {}, None
    for line in lines:
        # A name is written out where it comes first, and only its number from then on.
        name = NAME.match(line)
        if name:
            number, text = name.groups()
            if text is not None:
                names[number] = plain(text)
            if line.startswith("cfn="):
                callee = names.get(number)
            continue
        calls = CALLS.match(line)
        if calls:
            if callee in ALLOCATORS:
                allocations += int(calls.group(1))
            callee = None
        elif line.startswith("totals:"):
            instructions = int(line.split()[1])
    if instructions is None:
        raise NoCounts("callgrind tells no total: the run did not end")
    return {"instructions": instructions, "allocations": allocations}


def plain(name):
    """A function's name without its version, or the number of its recursion."""
    return name.split("@")[0].split("'")[0]


def per_operation(short, long, operations):
    """What the longer of two runs took more, for each operation that it did more: what comes before cancels out."""
    if operations <= 0:
        raise ValueError("the longer run must do more")
    return {what: (long[what] - short[what]) / operations for what in short}


def tolerance(path, what, tolerances):
    """The share by which a count may differ, and a count that is nothing at all."""
    return tolerances.get(path, {}).get(what, tolerances["default"][what])


def differences(counted, committed, tolerances):
    """What is not as committed, a line each; nothing if all is."""
    found = []
    for path in sorted(set(counted) | set(committed)):
        if path not in committed:
            found.append("%s: nothing is committed for it" % path)
        elif path not in counted:
            found.append("%s: is committed and was not counted" % path)
        else:
            for what, was in committed[path].items():
                now, share = counted[path][what], tolerance(path, what, tolerances)
                # Some hundredths of one are the difference between two runs that do the same.
                if abs(now - was) > max(was * share, 0.05):
                    word = "more" if now > was else "less"
                    found.append("%s: %.2f %s, which is %s than the committed %.2f (within %g %%)" % (path, now, what, word, was, share * 100))
    return found
