"""The table of kernels: what the library runs as machine code, and what one unit of it costs."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias, TypeVar

Kernel: TypeAlias = Callable[..., Any]
Function = TypeVar("Function", bound=Kernel)


class Cost(NamedTuple):
    """Seconds for one unit of work, a neuron, a state, or a step: interpreted, and compiled."""

    interpreted: float
    compiled: float


KERNELS: dict[Kernel, Cost] = {}
# Kernels that compute one neuron after the other: see `lean_compiler`.
SCALAR: set[Kernel] = set()
# Their parts that are not inlined.
APART: set[Kernel] = set()


def kernel(
    *, interpreted: float, compiled: float, scalar: bool = False
) -> Callable[[Function], Function]:
    """Enter a function in the table, with its cost for one unit; it stays plain Python.

    Costs decide what is worth compiling and how many threads a call uses, never its bits: a factor
    of 2 does no harm.  `scalar` is for a kernel without loops over lanes.
    """

    def enter(function: Function) -> Function:
        KERNELS[function] = Cost(interpreted, compiled)
        if scalar:
            SCALAR.add(function)
        return function

    return enter


def apart(function: Function) -> Function:
    """Have a large part of scalar kernels compiled once, not anew wherever it is called.

    `leg_beside`, inlined at its two places, took 6 of the 15 seconds of `jets_along`.  To leave all
    large parts so saves 2 more, and makes that kernel 7 percent slower.
    """
    APART.add(function)
    return function


def every_kernel() -> list[Kernel]:
    """Return all kernels, also those of modules that were not imported yet."""
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
