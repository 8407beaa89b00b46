"""The work of a process that makes machine code: what it does itself, and what it forks for."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterable

from doya.kernels.machinery.compilation import compile_here
from doya.kernels.machinery.lean_compiler import at_types
from doya.kernels.machinery.registry import named


class _DividedError(BaseException):
    """A forked process goes on with a kernel: this one is done with it."""


def make(names: Iterable[str], is_alone: bool) -> None:
    """Compile the kernels of these names into the disk cache: the work of a process of its own.

    What they call is translated once for all of them.  Unless the process is to be alone, and where
    a system can fork, each is then finished by another process, while this one translates what the
    next one calls.  There is one such process at a time, as each needs the memory of a compiler.
    """
    gc.disable()  # numba's objects are all wanted to the end
    this, children = os.getpid(), list[int]()

    def wait() -> None:
        while children:
            with contextlib.suppress(ChildProcessError):  # who asks may ignore SIGCHLD
                os.waitpid(children.pop(), 0)

    def divide() -> None:
        wait()
        try:
            child = os.fork()
        except OSError:  # no more processes: it is done here
            return
        if child:
            children.append(child)
            raise _DividedError
        at_types.clear()

    if hasattr(os, "fork") and not is_alone:
        at_types[:] = [divide]
    for kernel in map(named, names):
        try:
            compile_here(kernel)  # without the lock of `compiled`, for which a fork waits
        except _DividedError:
            continue
        finally:
            if os.getpid() != this:
                os._exit(0)
    wait()
