"""How long calls take."""

import time

import numpy as np


def least_seconds(repeats, *calls):
    """Of each; the calls take turns."""
    times = np.empty((repeats, len(calls)))
    for row in times:
        for i, call in enumerate(calls):
            start = time.perf_counter()
            call()
            row[i] = time.perf_counter() - start
    return times.min(axis=0).tolist()
