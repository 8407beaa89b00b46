"""Many neurons in chunks, on all processors.

Chunks write to places of their own, so the bits do not depend on the number
of threads; kernels release the interpreter's lock while they run.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import TypeVar

# A chunk's own arrays stay in the cache; each thread gets as many, made of whole blocks of lanes.
CHUNK = 16384
LANES = 64

Answer = TypeVar("Answer")


def thread_count() -> int:
    """DOYA_NUM_THREADS where it is a positive number, else the processors this process may use."""
    wanted = os.environ.get("DOYA_NUM_THREADS", "")
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_chunks(work: Callable[[slice], Answer], length: int) -> list[Answer]:
    """work(slice) for slices that together cover range(length), in order."""
    threads = min(thread_count(), math.ceil(length / CHUNK))
    if threads == 0:
        return []
    rounds = math.ceil(length / (CHUNK * threads))
    size = LANES * math.ceil(length / (LANES * threads * rounds))
    slices = [slice(i, min(i + size, length)) for i in range(0, length, size)]
    if threads == 1:
        return [work(part) for part in slices]

    from concurrent.futures import ThreadPoolExecutor  # 10 ms that a first picture need not pay

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, slices))
