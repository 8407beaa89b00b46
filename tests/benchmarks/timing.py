"""How long calls take, as ratios that what else the machine does disturbs least."""

import time

# Until OpenMP's idle threads, which spin beside whoever comes next, have stopped.
REST = 0.02


def timed(call, times=1):
    """A run of a call, or of many in a row: it tells the seconds of one."""

    def run():
        start = time.perf_counter()
        for _ in range(times):
            call()
        return (time.perf_counter() - start) / times

    return run


def least_seconds(repeats, *runs):
    """Of each run, which tells its seconds; they take turns."""
    told = []
    for _ in range(repeats):
        for run in runs:
            time.sleep(REST)
            told.append(run())
    return [min(told[i :: len(runs)]) for i in range(len(runs))]
