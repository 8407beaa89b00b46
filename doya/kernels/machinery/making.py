"""Machine code made by other processes, into the disk cache, while this one goes on.

Half of numba's time for a kernel is Python, which would hold up the threads of this process; and
other processes can compile several kernels at the same time.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence

from doya.kernels.machinery.compilation import compiled, is_saved, parts
from doya.kernels.machinery.parallel import thread_count
from doya.kernels.machinery.registry import Kernel, every_kernel, name_of

# Seconds between two looks at how many kernels are made.
LOOK = 0.1

# The program of a maker. It ends when its input does, as then the process that asks is gone: one
# that is killed stops nothing. So does each process that it forks. SciPy, which numba imports for
# BLAS where it can, is not needed by kernels. Python would clear away numba for 0.2 s at the end.
SCRIPT = """
import os, sys, threading
sys.modules["scipy"] = None
def end_with_input():
    threading.Thread(target=lambda: os.read(0, 1) or os._exit(1), daemon=True).start()
end_with_input()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=end_with_input)
sys.path[:] = {path!r}
import numba  # before any fork
from doya.kernels.machinery.dividing import make
make({names!r}, {is_alone!r})
os._exit(0)
"""

_running: set[Maker] = set()


class Maker:
    """A process that compiles kernels into the disk cache, with others that it forks or alone."""

    def __init__(self, kernels: Sequence[Kernel], is_alone: bool) -> None:
        import subprocess  # not needed by who compiles nothing

        self.kernels = tuple(kernels)
        names = [name_of(kernel) for kernel in kernels]
        script = SCRIPT.format(path=sys.path, names=names, is_alone=is_alone)
        reader, self._alive = os.pipe()
        try:
            # A session of its own: Ctrl-C is for the process that asks.
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-c", script],
                stdin=reader, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        except OSError:
            os.close(self._alive)
            raise
        finally:
            os.close(reader)
        _running.add(self)

    def is_done(self) -> bool:
        """Return whether the process has ended, well or not, without waiting."""
        if self._process.poll() is None:
            return False
        self.forget()
        return True

    def stop(self) -> None:
        """End the process now."""
        self._process.kill()
        self._process.wait()
        self.forget()

    def forget(self) -> None:
        """Close this process's end of the pipe that keeps the other one alive."""
        with contextlib.suppress(KeyError):  # another thread was first
            _running.remove(self)
            os.close(self._alive)


def makers(kernels: Iterable[Kernel], processes: int) -> list[Maker]:
    """Start up to `processes` processes that compile the kernels; return [] where none can start.

    Those that take longest come first, each to the process that is then done first.  There are some
    more processes, the forks of `dividing.make`, unless `processes` is 1.
    """
    if not _is_python(sys.executable):
        return []
    shares: list[list[Kernel]] = [[] for _ in range(processes)]
    for kernel in sorted(kernels, key=lambda each: -_effort([each])):
        min(shares, key=lambda share: _effort([*share, kernel])).append(kernel)
    try:
        return [Maker(share, processes == 1) for share in shares if share]
    except OSError:  # no process can be started: what was asked for is compiled here
        return []


def _effort(kernels: Sequence[Kernel]) -> float:
    """Return how long one process takes for kernels, in bytes of code: each part counts once."""
    translated = {part for kernel in kernels for part in parts(kernel)}
    return sum(len(each.__code__.co_code) for each in translated)


def make_all(progress: Callable[[float], object] | None = None) -> list[Kernel]:
    """Compile every kernel that the disk cache lacks; return those that it lacks all the same.

    About as many processes share the work as `thread_count` says.  `progress` is called now and
    then with the fraction of the kernels that is there.
    """
    kernels = every_kernel()
    missing = [kernel for kernel in kernels if not is_saved(kernel)]
    started = makers(missing, thread_count())
    try:
        while not all(maker.is_done() for maker in started):
            _report(kernels, progress)
            time.sleep(LOOK)
    finally:
        for maker in started:
            maker.stop()
    for kernel in () if started else missing:  # no process can be started
        compiled(kernel)
        _report(kernels, progress)
    return [kernel for kernel in missing if not is_saved(kernel)]


def _report(kernels: Sequence[Kernel], progress: Callable[[float], object] | None) -> None:
    if progress:
        progress(sum(map(is_saved, kernels)) / len(kernels))


def _is_python(program: str | None) -> bool:
    """Return whether it is an interpreter, not a program that has one inside."""
    return bool(program) and os.path.basename(str(program)).lower().startswith("python")


@atexit.register
def _stop_all() -> None:
    for maker in list(_running):
        maker.stop()


def _forget_all() -> None:
    for maker in list(_running):
        maker.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)  # they are the parent's
