"""Machine code for the page: made by other processes on first use, loaded before it is needed.

Until then the answers are interpreted, with the same bits.
"""

from __future__ import annotations

import threading
import time

from doya.explorer.answers import answer
from doya.explorer.exchange import needed
from doya.explorer.view import View
from doya.explorer.waiting import preparing
from doya.kernels.machinery.compilation import cache_folder, is_disabled, is_saved
from doya.kernels.machinery.making import makers
from doya.kernels.machinery.parallel import thread_count
from doya.kernels.machinery.registry import every_kernel
from doya.kernels.machinery.running import always, as_machine_code

# Views whose answers use all kernels that a page needs at first, with few points.
USUAL = (
    View(points=10, steps=10, second="plane"),
    View(points=10, steps=10, second="plane", dynamics="map"),
)
# Seconds between two looks at the processes that compile.
LOOK = 0.2


def prepare() -> None:
    """Have the machine code made and loaded by a thread; return at once."""

    def work() -> None:
        with preparing():
            _prepare()

    threading.Thread(target=work, daemon=True).start()


def _prepare() -> None:
    kernels = every_kernel()
    if is_disabled() or cache_folder(kernels[0]) is None:
        return
    missing = [kernel for kernel in kernels if not is_saved(kernel)]
    # One processor is left to the page.
    started = makers(missing, max(thread_count() - 1, 1))
    while not all(maker.is_done() for maker in started):
        time.sleep(LOOK)
    if all(map(is_saved, kernels)):
        with always(as_machine_code):
            for view in USUAL:
                for name in needed(view):
                    answer(view, name)
