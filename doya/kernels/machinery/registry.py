"""The table of kernels: what the library runs as machine code, and what one unit of it costs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias, TypeVar

Kernel: TypeAlias = Callable[..., Any]
Function = TypeVar("Function", bound=Kernel)


class Cost(NamedTuple):
    """Seconds for one unit of work, a neuron, a state, or a step: interpreted, and compiled."""

    interpreted: float
    compiled: float


KERNELS: dict[Kernel, Cost] = {}
# Parts of kernels that are not inlined.
APART: set[Kernel] = set()


def kernel(*, interpreted: float, compiled: float) -> Callable[[Function], Function]:
    """Enter a function in the table, with its cost for one unit; it stays plain Python.

    Costs decide what is worth compiling and how many threads a call uses, never its bits: a factor
    of 2 does no harm.
    """

    def enter(function: Function) -> Function:
        KERNELS[function] = Cost(interpreted, compiled)
        return function

    return enter


def apart(function: Function) -> Function:
    """Have a part of kernels compiled on its own, not anew wherever it is called.

    This is for large parts, whose call costs nothing beside their work, and for loops over lanes of
    which a kernel has several.  LLVM takes longer for a function the larger it gets:
    `dormand_prince` with `combine` at its six places took 11 seconds, and takes 4.5.
    """
    APART.add(function)
    return function


def every_kernel() -> list[Kernel]:
    """Return all kernels, also those of modules that were not imported yet."""
    import pkgutil  # not needed by who asks for one kernel

    package = importlib.import_module(__package__.rpartition(".")[0])
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    return list(KERNELS)


def name_of(function: Kernel) -> str:
    """Return the name by which another process finds the kernel."""
    return f"{function.__module__}:{function.__name__}"


def named(name: str) -> Kernel:
    """Return the kernel of this name."""
    module, _, function = name.partition(":")
    found: Kernel = getattr(importlib.import_module(module), function)
    return found
