"""Machine code on demand, from the same sources that run interpreted.

numba is imported here and nowhere else, and only when a kernel is wanted for
many neurons.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import pickle
import sys
from collections.abc import Iterator
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from doya.kernels.machinery.forks import ForkGuard
from doya.kernels.machinery.intrinsics import intrinsics
from doya.kernels.machinery.lean_compiler import compilers
from doya.kernels.machinery.registry import APART, Kernel
from doya.kernels.machinery.vectors import use_widest_vectors
from doya.kernels.numbers.exponential import times_power_of_two

if TYPE_CHECKING:
    from pathlib import Path

# No fastmath: nothing may be reordered or fused, so that compiled and interpreted bits agree.  No
# reference counts (_nrt): arrays belong to the caller, and counting them took a third of the time
# of a path; so no kernel may make an array or return one.  No C callbacks (no_cfunc_wrapper), which
# nobody calls, and no rewrites of array expressions, of which there are none: a fifth of numba's
# time for a kernel.
LEAN: dict[str, Any] = {"_nrt": False, "no_cfunc_wrapper": True, "no_rewrites": True}
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", **LEAN}

# numba's types of a kernel's parameters, by their annotations: a kernel has one specialisation.
# Arrays, which have axes, are contiguous (see `kinds`).
TYPES = {
    "float": ("float64", 0), "int": ("int64", 0), "bool": ("boolean", 0),
    "Row": ("float64", 1), "Rows": ("float64", 2), "Stack": ("float64", 3),
    "IntRow": ("int64", 1), "IntRows": ("int64", 2), "Flags": ("boolean", 2),
}  # fmt: skip

# Functions that have machine code of their own, as numba would not make it of their sources.
TAUGHT = (times_power_of_two, use_widest_vectors)

# Errors of numba where a file of its disk cache lacks its end.
CUT_OFF = EOFError, pickle.UnpicklingError

# The package of all kernels, and its folder.
PACKAGE = __package__.rpartition(".")[0]
FOLDER = os.path.dirname(os.path.dirname(__file__))

_machine_code: dict[Kernel, Kernel] = {}
# Kernels that numba compiles in its own way, as the lean compiler has failed.
_own_way: set[Kernel] = set()


class Dispatchers(NamedTuple):
    """A kernel as numba knows it before it is compiled; `cached` is None without a cache folder."""

    cached: Any
    uncached: Any


_numba = ForkGuard()


def machine_code(kernel: Kernel) -> Kernel | None:
    """Return the kernel's machine code if this process has it, without waiting; else None."""
    return _machine_code.get(kernel)


def compiled(kernel: Kernel) -> Kernel:
    """Return the kernel as machine code, from the disk cache or compiled here and now.

    The kernel and what it calls stay plain Python.  numba's disk cache looks at one file only, so
    the name under which the kernel is kept carries a stamp of all kernels' sources: after an edit
    of any of them the old machine code is not found again.  Without a folder that can be written
    the code is compiled anew in each process.
    """
    if kernel not in _machine_code:
        with _numba.lock:
            if kernel not in _machine_code:
                _machine_code[kernel] = compile_here(kernel)
    return _machine_code[kernel]


def is_on_disk(kernel: Kernel) -> bool:
    """Return whether the kernel can be had without compiling it.

    Files that are not there are seen without numba, whose import the makers need not wait for.
    """
    if kernel in _machine_code:
        return True
    folder = _plain_folder()
    if folder and not _leaves_files(kernel, folder):
        return False
    return is_disabled() or is_saved(kernel)


def can_be_kept(kernel: Kernel) -> bool:
    """Return whether there is a folder for the kernel's machine code that can be written."""
    return _plain_folder() is not None or cache_folder(kernel) is not None


def _plain_folder() -> str | None:
    """Return the folder of the disk cache, None where numba must be asked, or has been imported."""
    asked = "NUMBA_DISABLE_JIT", "NUMBA_CACHE_LOCATOR_CLASSES"
    if "numba" in sys.modules or any(name in os.environ for name in asked):
        return None
    if os.path.exists(".numba_config.yaml"):
        return None
    folder = os.environ.get("NUMBA_CACHE_DIR") or os.path.join(FOLDER, "__pycache__")
    return folder if os.path.isdir(folder) and os.access(folder, os.W_OK) else None


def _leaves_files(kernel: Kernel, folder: str) -> bool:
    """Return whether files have the kernel's name, in the folder or in numba's inside it."""
    import glob  # not needed by who compiles nothing

    name = f".{_stamped_name(kernel)}-"
    inside = glob.glob(os.path.join(glob.escape(folder), f"{os.path.basename(FOLDER)}_*"))
    return any(name in file for each in (folder, *inside) for file in os.listdir(each))


def is_saved(kernel: Kernel) -> bool:
    """Return whether the disk cache holds the kernel, for this kind of processor.

    The index is read as numba reads it: names of files alone say nothing of the processor, for
    which a folder that several machines share may lack the code.
    """
    cached = _dispatchers(kernel).cached
    if cached is None:
        return False
    cache = cached._cache
    try:
        key = cache._index_key(_signature(kernel), cached.targetctx.codegen())
        file = cache._cache_file._load_index().get(key)
    except AttributeError:  # a numba that keeps its index in another way
        return _leaves_files(kernel, cached.stats.cache_path)
    except (OSError, *CUT_OFF):
        return False
    return file is not None and os.path.isfile(os.path.join(cache.cache_path, file))


def is_disabled() -> bool:
    """Return whether numba is switched off, by NUMBA_DISABLE_JIT: there is no machine code then."""
    import numba

    return bool(numba.config.DISABLE_JIT)


def is_at_work() -> bool:
    """Return whether a thread of this process compiles or loads a kernel now."""
    return _numba.lock.locked()


def cache_folder(kernel: Kernel) -> Path | None:
    """Return where the kernel's machine code is kept, None without a folder that can be written."""
    from pathlib import Path  # not needed by who compiles nothing

    cached = _dispatchers(kernel).cached
    return Path(cached.stats.cache_path) if cached is not None else None


def parts(kernel: Kernel) -> Iterator[FunctionType]:
    """Yield every function of the kernels' folders that the kernel calls, directly or not."""
    for _, part in _callees(kernel):
        yield part
        yield from parts(part)


def _callees(function: Kernel) -> Iterator[tuple[str, FunctionType]]:
    """Yield what a function itself calls of the kernels' folders, with its name there."""
    for name in function.__code__.co_names:
        part = function.__globals__.get(name)
        if (
            isinstance(part, FunctionType)
            and part.__module__.startswith(PACKAGE)
            and part not in TAUGHT
        ):
            yield name, part


def compile_here(kernel: Kernel) -> Kernel:
    """Return what `compiled` does, without its lock, and without a note that the process has it."""
    import numba

    if numba.config.DISABLE_JIT:
        return _as_compiled(kernel)
    if kernel not in _own_way:
        try:
            return _made(kernel)
        except Exception:  # the lean compiler is inside numba, which may change
            _own_way.add(kernel)
            _dispatchers.cache_clear()
    _teach_times_power_of_two()
    _teach_use_widest_vectors()
    for part in parts(kernel):
        _teach(part)
    return _made(kernel)


def _made(kernel: Kernel) -> Kernel:
    """Return the kernel's machine code from its dispatchers, kept on disk if that can be."""
    cached, uncached = _dispatchers(kernel)
    for dispatcher in (cached, uncached):
        if dispatcher is not None and not dispatcher.signatures:
            try:
                _compile_or_load(dispatcher, _signature(kernel))
            except OSError:  # a full or broken disk costs only speed
                continue
            dispatcher.disable_compile()
        if dispatcher is not None:
            break
    found: Kernel = dispatcher
    return found


def _compile_or_load(dispatcher: Any, signature: tuple[Any, ...]) -> None:
    try:
        dispatcher.compile(signature)
    except CUT_OFF:
        dispatcher._cache.flush()  # forgets the file
        dispatcher.compile(signature)


@functools.cache
def _dispatchers(kernel: Kernel) -> Dispatchers:
    import numba

    options = OPTIONS
    if kernel not in _own_way:
        with contextlib.suppress(ImportError, AttributeError):  # `compile_here` sees to it
            options = {**OPTIONS, "pipeline_class": compilers().kernel}
            kernel = _with_callees(kernel)
    if not kernel.__module__.startswith(f"{PACKAGE}."):  # the stamp does not cover its source
        return Dispatchers(None, numba.njit(**options)(kernel))
    # numba keeps machine code beside the source.  It takes all kernels for parts of one file, so
    # that they are kept in one folder.
    code = kernel.__code__.replace(co_filename=os.path.join(FOLDER, "__init__.py"))
    stamped = FunctionType(code, kernel.__globals__, kernel.__name__)
    stamped.__qualname__ = _stamped_name(kernel)
    try:
        cached = numba.njit(cache=True, **options)(stamped)
    except RuntimeError:  # numba: no locator available, that is, no folder to write to
        cached = None
    return Dispatchers(cached, numba.njit(**options)(stamped))


def _with_callees(function: Kernel) -> FunctionType:
    """Return a kernel, or a part of one, with what it calls as `lean_compiler` takes it."""
    names = dict(function.__globals__)
    names |= {name: _callee(part) for name, part in _callees(function)}
    names |= {each.__name__: made for each, made in intrinsics().items()}
    found = FunctionType(function.__code__, names, function.__name__, function.__defaults__)
    found.__module__, found.__qualname__ = function.__module__, function.__qualname__
    return found


@functools.cache
def _callee(part: FunctionType) -> Any:
    """Return a part of a kernel as the kernel calls it, inlined unless it is compiled apart."""
    import numba

    options = {**OPTIONS, "forceinline": _is_inlined(part), "no_cpython_wrapper": True}
    return numba.njit(pipeline_class=compilers().callee, **options)(_with_callees(part))


def _stamped_name(kernel: Kernel) -> str:
    return f"{kernel.__module__.removeprefix(PACKAGE)[1:]}.{kernel.__qualname__}_{_stamp()}"


def _signature(kernel: Kernel) -> tuple[Any, ...]:
    """Return numba's types of the kernel's parameters."""
    from numba import types

    found = []
    for parameter in inspect.signature(kernel).parameters.values():
        name, axes = TYPES[parameter.annotation]
        number = getattr(types, name)
        found.append(types.Array(number, axes, "C") if axes else number)
    return tuple(found)


def _as_compiled(kernel: Kernel) -> Kernel:
    """Return it interpreted with machine code's manners, for who looks inside: 1/0 is infinite."""
    import numpy as np

    return np.errstate(all="ignore")(kernel)


def _is_inlined(part: FunctionType) -> bool:
    """Return whether a part is inlined: else loops that call it would not be vectorised."""
    return part not in APART and use_widest_vectors.__name__ not in part.__code__.co_names


@functools.cache
def _teach(part: FunctionType) -> None:
    """Let kernels that numba compiles in its own way call a plain function."""
    import numba.extending

    numba.extending.register_jitable(**LEAN, forceinline=_is_inlined(part))(part)


@functools.cache
def _teach_times_power_of_two() -> None:
    """Compiled, `times_power_of_two` adds to the exponent's bits, which the vector units can do."""
    import numba.extending

    with_bits = intrinsics()[times_power_of_two]

    @numba.extending.overload(times_power_of_two)  # type: ignore[untyped-decorator]
    def overload_times_power_of_two(p: Any, rounded: Any) -> Any:
        def add(p: Any, rounded: Any) -> Any:  # numba wants the same signature
            return with_bits(p, rounded)

        return add


@functools.cache
def _teach_use_widest_vectors() -> None:
    """Compiled, `use_widest_vectors` is no code but attributes of the function that calls it."""
    import numba.extending

    prefer_512_bits = intrinsics()[use_widest_vectors]

    # Inlined by numba, so that the function is the caller.
    @numba.extending.overload(use_widest_vectors, inline="always")  # type: ignore[untyped-decorator]
    def overload_use_widest_vectors() -> Any:
        def prefer() -> None:
            prefer_512_bits()

        return prefer


@functools.cache
def _stamp() -> str:
    """Return a digest of the sources of all kernels."""
    import hashlib
    from pathlib import Path

    digest, folder = hashlib.sha256(), Path(FOLDER)
    for source in sorted(folder.rglob("*.py")):
        digest.update(source.relative_to(folder).as_posix().encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
