"""Machine code on demand, from the same sources that run interpreted.

numba is imported here and nowhere else, and only when a kernel is wanted for
many neurons.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from doya.kernels.exponential import power_of_two

# No fastmath: nothing may be reordered or fused, so that compiled and interpreted bits agree.  No
# reference counts (_nrt): arrays belong to the caller, and counting them took a third of the time
# of a path; so no kernel may make an array or return one.
PARTS: dict[str, Any] = {"forceinline": True, "_nrt": False}
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}

_machine_code: dict[Callable[..., Any], Callable[..., Any]] = {}
_one_at_a_time = threading.Lock()


def is_compiled(kernel: Callable[..., Any]) -> bool:
    """Whether this process has the kernel's machine code already."""
    return kernel in _machine_code


def compiled(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """The kernel as machine code, from the disk cache where it is there.

    The kernel and what it calls stay plain Python.  numba's disk cache looks only at the kernel's
    own file, so the name it is filed under carries a stamp of the whole folder: after an edit
    anywhere in it the old machine code is not found again.  Without a folder that can be written
    the code is compiled anew in each process.
    """
    with _one_at_a_time:
        if kernel not in _machine_code:
            _machine_code[kernel] = _compile(kernel)
    return _machine_code[kernel]


def _compile(kernel: Callable[..., Any]) -> Callable[..., Any]:
    import numba

    if numba.config.DISABLE_JIT:
        return _as_compiled(kernel)
    _teach_power_of_two()
    for part in _parts(kernel):
        _teach(part)
    stamped = FunctionType(kernel.__code__, kernel.__globals__, kernel.__name__)
    stamped.__qualname__ = f"{kernel.__qualname__}_{_stamp()}"
    try:
        cached = numba.njit(cache=True, **OPTIONS)(stamped)
    except RuntimeError:  # numba: no locator available, that is, no folder to write to
        cached = None
    uncached: Callable[..., Any] = numba.njit(**OPTIONS)(stamped)
    return _spared_from_the_disk(cached, uncached) if cached else uncached


def _as_compiled(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Interpreted with machine code's manners, for who wants to look inside: 1/0 is infinite."""
    import numpy as np

    return np.errstate(all="ignore")(kernel)


def _spared_from_the_disk(cached: Any, uncached: Any) -> Callable[..., Any]:
    """A full or broken disk, met when the machine code is loaded or saved, costs only speed."""

    def run(*arguments: Any) -> Any:
        try:
            return cached(*arguments)
        except OSError:  # before the kernel ran: kernels read and write no files
            return uncached(*arguments)

    run.stats = cached.stats  # type: ignore[attr-defined]
    return run


def _parts(kernel: Callable[..., Any]) -> Iterator[FunctionType]:
    """Every function of the kernels folder that the kernel calls, directly or not."""
    for name in kernel.__code__.co_names:
        part = kernel.__globals__.get(name)
        if (
            isinstance(part, FunctionType)
            and part.__module__.startswith(__package__)
            and part is not power_of_two
        ):
            yield part
            yield from _parts(part)


@functools.cache
def _teach(part: FunctionType) -> None:
    """Let compiled kernels call a plain function; inlined, or its loops would not vectorise."""
    import numba.extending

    numba.extending.register_jitable(**PARTS)(part)


@functools.cache
def _teach_power_of_two() -> None:
    """Compiled, `power_of_two` writes the exponent's bits, which the vector units can do.

    2**(k + 64) is a normal number, whose product with 2**-64 may be subnormal.
    """
    import numba.extending
    from llvmlite import ir
    from numba import types

    @numba.extending.intrinsic  # type: ignore[untyped-decorator]
    def from_bits(typing_context: Any, rounded: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            integer = ir.IntType(64)
            bits = builder.bitcast(arguments[0], integer)
            biased = builder.add(bits, ir.Constant(integer, 64 + 1023))
            return builder.bitcast(builder.shl(biased, ir.Constant(integer, 52)), ir.DoubleType())

        return types.float64(types.float64), generate

    @numba.extending.overload(power_of_two)  # type: ignore[untyped-decorator]
    def overload_power_of_two(rounded: Any) -> Any:
        def shift(rounded: Any) -> Any:  # numba wants the same signature
            return from_bits(rounded) * 2.0**-64

        return shift


@functools.cache
def _stamp() -> str:
    """A digest of every source in this folder."""
    import hashlib
    import pathlib

    digest = hashlib.sha256()
    for source in sorted(pathlib.Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
