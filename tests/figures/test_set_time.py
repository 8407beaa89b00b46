"""The figure `set-time`."""

import math

import numpy as np
import pytest

from drawn import curve, drawn

LIMIT, REST = 0.077805169315343977, 0.7104117835


def steps(delta):
    """Steps of y' = tanh(w y + h) from the lower rest until the upper one is passed."""
    y, count = -REST, 0
    while y <= REST:
        y, count = math.tanh(1.25 * y + LIMIT + delta), count + 1
    return count


def test_the_number_of_steps_is_that_of_the_iterated_unit():
    """468, 147, 45, 18, 12 and 7 steps for δ from 1e-4 to 0.2 in THEORY.md."""
    _, data = drawn("set-time")
    delta, count = curve(data, "steps", "delta", "t")
    assert count.tolist() == [steps(each) for each in delta.tolist()]
    known = dict(zip(delta.tolist(), count.tolist(), strict=True))
    assert [known[each] for each in (1e-4, 1e-3, 1e-2, 0.05, 0.1, 0.2)] == [468, 147, 45, 18, 12, 7]


def test_the_law_is_the_passage_beside_the_fold():
    """π/√(δ c), with c half of d²(w tanh)/da² where w sech² a = 1: 4.698/√δ."""
    _, data = drawn("set-time")
    delta, law = curve(data, "law", "delta", "t")
    bend = 1.25 * math.sqrt(0.2) * 0.8
    assert law == pytest.approx(math.pi / np.sqrt(delta * bend), rel=1e-12)
    _, count = curve(data, "steps", "delta", "t")
    assert count[0] / law[0] == pytest.approx(1.0, abs=0.01)
    assert np.all(np.diff(count / law) < 0.01)


def test_paths_wait_at_the_ghost_and_end_above_rest():
    """Drawn as dots; the dashed line is the state of the fold, y = -√((w - 1)/w)."""
    figure, data = drawn("set-time")
    ax = figure.axes[0]
    ((touch,),) = curve(data, "fold", "y")
    assert touch == pytest.approx(-math.sqrt(0.2), rel=1e-12)
    for name, delta in (("0.1", 0.1), ("0.01", 0.01), ("0.002", 0.002)):
        t, y = curve(data, f"state, δ = {name}", "t", "y")
        assert y[0] == pytest.approx(-REST, abs=1e-9)
        assert y[1:] == pytest.approx(np.tanh(1.25 * y[:-1] + LIMIT + delta), rel=1e-10)
        assert y[-1] > REST
        assert any(np.array_equal(line.get_xydata(), np.c_[t, y]) for line in ax.lines)
    near = np.abs(y - touch) < 0.1  # of the slowest
    assert near.sum() > 50
    (dashed,) = (line for line in ax.lines if line.get_linestyle() == "--")
    assert set(dashed.get_ydata()) == {touch}
