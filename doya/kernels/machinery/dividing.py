"""The work of a process that makes machine code: what it does itself, and what it forks for."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable

from doya.kernels.machinery.compilation import compile_here
from doya.kernels.machinery.lean_compiler import at_types
from doya.kernels.machinery.registry import SCALAR, named


class _DividedError(BaseException):
    """A forked process goes on with a kernel: this one is done with it."""


def make(names: Iterable[str], is_alone: bool) -> None:
    """Compile the kernels of these names into the disk cache: the work of a process of its own.

    What scalar kernels call is translated once for all of them.  Unless the process is to be alone,
    and where a system can fork, each is then finished by another process, while this one translates
    what the next one calls.  Kernels with loops over lanes are made by one more, from the start.
    """
    gc.disable()  # numba's objects are all wanted to the end
    this, children = os.getpid(), []
    kernels = [named(name) for name in names]

    def fork() -> int:
        try:
            child = os.fork()
        except OSError:  # no more processes: it is done here
            return -1
        if child:
            children.append(child)
        else:
            at_types.clear()
        return child

    def divide() -> None:
        if fork() > 0:
            raise _DividedError

    if hasattr(os, "fork") and not is_alone:
        at_types[:] = [divide]
        scalar = [kernel for kernel in kernels if kernel in SCALAR]
        others = [kernel for kernel in kernels if kernel not in SCALAR]
        child = fork() if scalar and others else -1
        if child == 0:
            this, children, kernels = os.getpid(), [], others
        elif child > 0:
            kernels = scalar
    for kernel in kernels:
        try:
            compile_here(kernel)  # without the lock of `compiled`, for which a fork waits
        except _DividedError:
            continue
        finally:
            if os.getpid() != this:
                os._exit(0)
    for child in children:
        os.waitpid(child, 0)
