"""Chunks of a sweep: they cover its grid, fit into memory, and take a core about ten seconds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import doya
from doya.sweeps.chunks import blocks_of, grid_of, lengths_of, place_of
from doya.sweeps.plans import Plan

FLOW, MAP = doya.NeuronODE(5.0, -2.4), doya.NeuronMap(-20.0, 8.0, epsilon=0.5)


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=3),
    st.floats(1.0, 500.0),
)
def test_chunks_cover_the_grid_once_and_are_small_enough(shape, most):
    lengths = lengths_of(shape, most)
    assert math.prod(lengths) <= most
    covered = np.zeros(shape, dtype=int)
    grid = grid_of(shape, lengths)
    for index in np.ndindex(*grid):
        place = place_of(index, shape, lengths)
        assert all(part.stop <= n for part, n in zip(place, shape, strict=True))
        for block in blocks_of(place, 7):
            assert math.prod(part.stop - part.start for part in block) <= 7
            covered[block] += 1
    assert (covered == 1).all()


def test_the_longest_axis_is_cut_first():
    assert lengths_of((100,) * 4, 2.5e6) == (34, 34, 34, 50)
    assert lengths_of((10, 1000), 100) == (10, 10)


@pytest.mark.parametrize("name", ["train", "attractors", "lyapunov"])
@pytest.mark.parametrize("steps", [1, 10**4, 10**6, 10**12])
def test_a_chunk_takes_a_core_about_ten_seconds_at_most(name, steps):
    """Unless that are fewer cells than are computed at once, by constants of the table."""
    over = {"w": np.linspace(-9.0, 9.0, 4000), "b": np.linspace(-9.0, 9.0, 4000)}
    plan, short = (
        Plan.of(MAP, over, name, {"steps": many}, 256e6) for many in (max(steps, 16), 16)
    )
    seconds = plan.seconds(name)
    cells = math.prod(plan.lengths)
    assert cells * seconds <= 10.0 or cells <= 2**12
    assert cells > 2**11
    assert plan.lengths == short.lengths or cells * seconds > 5.0


def test_chunks_of_descents_are_smaller_where_the_orbits_of_a_map_are_long():
    """Set or swept; by the formula of the flow a long time takes no longer."""
    over = {"w": np.linspace(-9.0, 9.0, 999), "b": np.linspace(-9.0, 9.0, 999)}
    times = {"t_end": np.array([9.0, 1e4])}

    def cells(neuron, t_end, more=()):
        plan = Plan.of(neuron, {**over, **dict(more)}, "train", t_end, 256e6)
        return math.prod(plan.lengths)

    assert 2**11 < cells(MAP, {"t_end": 10_000}) < 0.3 * cells(MAP, {"t_end": 9})
    assert 2**11 < cells(MAP, {}, times) < 0.3 * cells(FLOW, {}, times)
    assert cells(FLOW, {"t_end": math.inf}) == cells(FLOW, {"t_end": 9.0})


@pytest.mark.parametrize("quantity", ["state", "equilibria"])
def test_no_array_of_a_chunk_is_larger_than_blosc_compresses(quantity):
    """2 GiB; 1e12 bytes for a chunk are asked for, and there is memory for them."""
    over = {"b": np.linspace(-3.0, -2.0, 30_000), "w": np.linspace(0.0, 9.0, 30_000)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("doya.sweeps.plans.require_memory", lambda *_: None)
        plan = Plan.of(FLOW, over, quantity, {}, 1e12)
    cells = math.prod(plan.lengths)
    largest = max(each.bytes_a_cell for each in plan.variables.values())
    assert 2**29 <= cells * largest < 2**31 - 16
