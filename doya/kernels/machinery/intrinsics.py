"""Functions that have machine code of their own, which numba would not make of their sources."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from doya.kernels.machinery.vectors import use_widest_vectors
from doya.kernels.numbers.exponential import times_power_of_two


@functools.cache
def intrinsics() -> dict[Callable[..., Any], Any]:
    """Return by the plain function what numba calls in its place."""
    import numba.extending

    made: dict[Callable[..., Any], Any] = {
        times_power_of_two: _times_power_of_two, min: _min, max: _max,
        use_widest_vectors: _use_widest_vectors,
    }  # fmt: skip
    return {function: numba.extending.intrinsic(each) for function, each in made.items()}


def _times_power_of_two(typing_context: Any, p: Any, rounded: Any) -> Any:
    """Add to the exponent's bits, which the vector units can do."""
    from llvmlite import ir
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        integer = ir.IntType(64)
        bits, k = (builder.bitcast(each, integer) for each in arguments)
        added = builder.add(bits, builder.shl(k, ir.Constant(integer, 52)))
        return builder.bitcast(added, ir.DoubleType())

    return types.float64(types.float64, types.float64), generate


def _use_widest_vectors(typing_context: Any) -> Any:
    """Give attributes to the function that calls this, and no code."""
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        attributes = builder.function.attributes
        attributes.add("noinline")
        # llvmlite prints what the set holds; its own `add` refuses names that it does not know.
        set.add(attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.none(), generate


def _min(typing_context: Any, a: Any, b: Any) -> Any:
    """Return b where b < a, else a, of two numbers: numba makes functions of tuples for that."""
    return _chosen(typing_context, "<", a, b)


def _max(typing_context: Any, a: Any, b: Any) -> Any:
    """Return b where b > a, else a."""
    return _chosen(typing_context, ">", a, b)


def _chosen(typing_context: Any, relation: str, *kinds: Any) -> Any:
    from numba import types

    kind = typing_context.unify_types(*map(types.unliteral, kinds))

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b = arguments
        compare = builder.fcmp_ordered if kind == types.float64 else builder.icmp_signed
        return builder.select(compare(relation, b, a), b, a)

    return (kind(kind, kind), generate) if kind in (types.float64, types.int64) else None
