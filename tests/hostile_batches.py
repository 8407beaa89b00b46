"""Batches of hostile cases, checked by all processors."""

from collections import Counter
from multiprocessing import Pool


def search(check, size, cases, count, first=0):
    """Check batches, of `size` cases each; print what is wrong, and return the exit code."""
    seen, bad = Counter(), []
    with Pool() as pool:
        for some, faulty in pool.imap_unordered(check, range(first, first + -(-count // size))):
            seen += some
            bad += faulty
    print(*bad[:40], sep="\n")
    print(f"{sum(seen.values())} {cases} {dict(seen)}: {len(bad)} with a fault")
    return 1 if bad else 0
