"""Damaged files: every reader gives a document or says why not, and never hangs."""

import random
import time
import warnings

from ondol.errors import UnusableInput
from ondol.ingest.parsed import Parsed

SLOWEST_S = 10


def damage(data, *, times=200, seed=13):
    """Copies of `data` with some bytes changed, cut out, repeated, or cut off."""
    random_ = random.Random(seed)
    for number in range(times):
        copy = bytearray(data)
        if number % 4 == 0:
            del copy[random_.randrange(len(copy)) :]
        elif number % 4 == 1:
            start = random_.randrange(len(copy))
            copy[start:start] = copy[start : start + random_.randrange(1, 64)]
        for _ in range(random_.choice((0, 1, 3, 20))):
            if copy:
                copy[random_.randrange(len(copy))] = random_.randrange(256)
        yield bytes(copy)


def check_reader(read, data):
    """200 damaged copies; returns how many of them could still be read."""
    good = 0
    for copy in damage(data):
        started = time.perf_counter()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                parsed = read(copy, "name")
        except UnusableInput:
            pass
        else:
            assert isinstance(parsed, Parsed)
            parsed.text.encode()
            spans = [*parsed.pages, *parsed.whole, *parsed.rows]
            assert all(0 <= start <= end <= len(parsed.text) for start, end in spans)
            good += 1
        assert time.perf_counter() - started < SLOWEST_S
    return good
