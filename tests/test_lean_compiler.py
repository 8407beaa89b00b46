"""The lean compiler: what is compiled of a kernel, inlined or on its own, and the way back."""

import itertools
import math
import re

import numpy as np
import pytest

from doya.kernels.machinery import compilation
from doya.kernels.machinery.compilation import _with_callees, parts
from doya.kernels.machinery.lean_compiler import compilers
from doya.kernels.machinery.registry import APART, every_kernel, name_of
from doya.kernels.map.lyapunov import march
from doya.kernels.numbers.exponential import odds
from doya.kernels.numbers.logistic import logistic

NUMBERS = (-math.inf, -1.5, -0.0, 0.0, 1.0, 2.0, math.inf, math.nan)


def least(a: float, b: float):
    return min(a, b)


def largest(a: float, b: float):
    return max(a, b)


@pytest.mark.machine_code
@pytest.mark.parametrize("function", [least, largest])
def test_min_and_max_of_two_are_python_s_with_zeros_and_nan(function):
    """Also which zero is returned, and which of a number and NaN."""
    import numba

    compiled = numba.njit(_with_callees(function))
    for a, b in itertools.product(NUMBERS, repeat=2):
        assert repr(compiled(a, b)) == repr(function(a, b))


@pytest.mark.machine_code
def test_what_a_kernel_calls_has_no_machine_code(monkeypatch):
    """A kernel and what it calls become machine code once, together."""
    import numba
    from numba.core.codegen import JITCodeLibrary

    from doya.kernels.machinery.compilation import OPTIONS, _callee

    made, finalize = [], JITCodeLibrary._finalize_specific

    def finalize_and_note(library):
        made.append(library.name)
        finalize(library)

    monkeypatch.setattr(JITCodeLibrary, "_finalize_specific", finalize_and_note)
    jit = numba.njit(pipeline_class=compilers().kernel, **OPTIONS)
    assert jit(_with_callees(logistic))(0.0) == 0.5
    assert "logistic" in made
    assert list(parts(logistic)) == [odds]
    assert _callee(odds).signatures
    assert "odds" not in made


@pytest.mark.machine_code
def test_a_function_that_asks_for_the_widest_vectors_is_compiled_on_its_own():
    """Others are inlined, but those that are marked."""
    import numba

    from doya.kernels.machinery.compilation import OPTIONS

    def march_alone(steps, rows, size):
        march(steps, rows, size)

    jit = numba.njit(pipeline_class=compilers().kernel, **OPTIONS)(_with_callees(march_alone))
    jit.compile((numba.int64, numba.float64[::1], numba.int64))
    (code,) = jit.inspect_llvm().values()
    (wide,) = re.findall(r'attributes (#\d+) = { noinline "prefer-vector-width"="512" }', code)
    defined = re.findall(r"^define .*lyapunov\d+([a-z_]+)B.* (#\d+) ", code, re.MULTILINE)
    assert set(defined) == {("march", wide), ("march_slowly", wide)}


@pytest.mark.machine_code
@pytest.mark.long
@pytest.mark.parametrize("kernel", every_kernel(), ids=name_of)
def test_every_kernel_is_made_by_the_lean_compiler(kernel):
    """numba's own way takes over where it fails; for most kernels it needs twice as long."""
    assert kernel not in compilation._own_way
    uncached = compilation._dispatchers(kernel).uncached
    uncached.compile(compilation._signature(kernel))
    assert uncached.signatures


def test_parts_that_are_compiled_on_their_own_belong_to_kernels():
    """A mark on any other function would do nothing."""
    assert {part for kernel in every_kernel() for part in parts(kernel)} >= APART


@pytest.mark.machine_code
@pytest.mark.parametrize("error", [ImportError, TypeError])
def test_a_numba_that_the_lean_compiler_does_not_fit_compiles_in_its_own_way(monkeypatch, error):
    """From the same source, to the same bits; also where it fails late, amidst its passes."""

    def fail(*_):
        raise error("another numba")

    def levels(z: "Row", x: "Row") -> None:  # noqa: F821
        for i in range(len(z)):
            x[i] = logistic(z[i])

    monkeypatch.setattr(compilation, "_own_way", set())
    if error is ImportError:
        monkeypatch.setattr(compilation, "compilers", fail)
    else:
        monkeypatch.setattr(compilers().kernel, "define_pipelines", fail)
    z, x = np.linspace(-3.0, 3.0, 7), np.empty(7)
    compilation.compile_here(levels)(z, x)
    assert x.tolist() == [logistic(each) for each in z.tolist()]
    compilation._dispatchers.cache_clear()
