"""Neurons with w = 5 and b across [-3, -2], all from x = 0.5, as maps and as flows."""

import functools

import numpy as np
from mpmath import mpf

import flow_oracle
import oracles
import second_oracle

W, X0 = 5.0, 0.5
B = np.linspace(-3.0, -2.0, 128_000)
FEWER_B = np.linspace(-3.0, -2.0, 20_000)
CHECKED, FEWER_CHECKED = (np.linspace(0, b.size - 1, 40).round().astype(int) for b in (B, FEWER_B))


@functools.cache
def exact_map(steps):
    """The states of the checked ones."""
    states = []
    for b in B[CHECKED].tolist():
        x, before = mpf(X0), None
        for _ in range(steps):
            x, before = oracles.sigmoid(W * x + b), x
            if x == before:
                break
        states.append(x)
    return states


@functools.cache
def exact_flow(end):
    """The states of the checked ones."""
    return [flow_oracle.final_state(W, b, X0, end) for b in B[CHECKED].tolist()]


@functools.cache
def exact_sensitivities(end):
    """x(T), and its derivatives by x(0) and b, of the checked ones among the fewer."""
    found = [flow_oracle.flow(W, b, X0, end)[:3] for b in FEWER_B[FEWER_CHECKED].tolist()]
    return list(zip(*found, strict=True))


@functools.cache
def exact_second_derivatives(end, count):
    """The second derivatives of x(T) by b of some of the checked ones among the fewer."""
    some = FEWER_CHECKED[:: len(FEWER_CHECKED) // count]
    found = [second_oracle.flow(W, b, X0, [(end, 0.0)], digits=17) for b in FEWER_B[some].tolist()]
    return [second["b", "b"] for _, _, second in found], some
