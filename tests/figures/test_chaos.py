"""The figure `chaos`."""

import numpy as np
import pytest

from drawn import drawn


def aihara(y, a):
    """The next state of the chaotic neuron at k = 0.7, alpha = 1, epsilon = 0.02, and its slope."""
    f = 1.0 / (1.0 + np.exp(-y / 0.02))
    return 0.7 * y - f + a, 0.7 - f * (1.0 - f) / 0.02


def states_at(data, k):
    """The states drawn at the k-th A."""
    return data["state_y"][data["state_a"] == data["a"][k]].astype(float)


def test_states_follow_one_another_by_aiharas_equation():
    """Of a cycle all its states, once; of another orbit many that go on."""
    _, data = drawn("chaos")
    assert data["a"] == pytest.approx(np.linspace(0.0, 1.0, 1001), abs=1e-14)
    for k, period in enumerate(data["period"]):
        y = states_at(data, k)
        assert y.size == (period or 120)
        after = np.append(y[1:], y[0]) if period else y[1:]
        reached, slope = aihara(y[: after.size], data["a"][k])
        assert np.all(np.abs(reached - after) <= 1e-7 * (1.0 + np.abs(slope)))


def test_exponents_are_those_of_orbits():
    """Means of ln |slope| along orbits of their own start; published 0.502 at a = 0.93."""
    figure, data = drawn("chaos")
    some = slice(7, None, 25)
    a, y, total = data["a"][some], np.full_like(data["a"][some], 0.123), 0.0
    for step in range(14_000):
        y, slope = aihara(y, a)
        total += np.log(np.abs(slope)) if step >= 4_000 else 0.0
    settled = data["lyapunov"][some]
    assert settled == pytest.approx(total / 10_000, abs=0.02)
    assert data["lyapunov"][930] == pytest.approx(0.502, abs=0.01)
    assert np.mean(data["lyapunov"] > 0.0) == pytest.approx(0.30, abs=0.015)
    assert data["lyapunov"].max() < figure.axes[1].get_ylim()[1]


def test_the_picture_shows_the_states():
    """Every state is a dot, of a cycle a larger one, at its a and y."""
    figure, data = drawn("chaos")
    upper = figure.axes[0]
    period = dict(zip(data["a"], data["period"], strict=True))
    cyclic = np.array([period[a] > 0 for a in data["state_a"]])
    shown = np.c_[data["state_a"], data["state_y"]]
    cycles, dust = upper.lines
    assert np.array_equal(cycles.get_xydata(), shown[cyclic])
    assert np.array_equal(dust.get_xydata(), shown[~cyclic])
    assert cycles.get_markersize() > dust.get_markersize()
    assert all(line.get_rasterized() for line in upper.lines)
    assert not upper.yaxis_inverted()
    assert upper.get_position().y0 > figure.axes[1].get_position().y1


def test_the_exponent_is_filled_where_it_is_positive():
    """A line over one at 0, filled above it only; triangles where it is below the panel."""
    figure, data = drawn("chaos")
    lower = figure.axes[1]
    assert lower.get_xlabel() == "a"  # Aihara's letter for bias and input together
    a, exponent = data["a"], data["lyapunov"]
    zero, line, triangles = lower.lines
    assert set(zero.get_ydata()) == {0.0}
    assert np.array_equal(line.get_xydata(), np.c_[a, exponent])
    (filled,) = lower.collections
    corners = np.concatenate([outline.vertices for outline in filled.get_paths()])
    assert corners[:, 1].min() == 0.0
    tops = np.c_[a, exponent][exponent > 0.0]
    assert {tuple(top) for top in tops} <= {tuple(corner) for corner in corners}
    height = np.interp(corners[:, 0], a, exponent)
    assert np.all(corners[:, 1] <= np.maximum(height, 0.0) + 1e-12)
    foot, _ = lower.get_ylim()
    assert np.array_equal(data["below_panel_a"], a[exponent < foot])
    assert np.array_equal(triangles.get_xdata(), data["below_panel_a"])
    assert set(triangles.get_ydata()) == {foot}
    assert triangles.get_marker() == "v"


def test_a_dip_is_where_a_cycle_meets_a_critical_point():
    """Beside each triangle one of its states nears a zero of the slope."""
    _, data = drawn("chaos")
    for below in data["below_panel_a"]:
        k = int(np.flatnonzero(data["a"] == below)[0])
        assert data["period"][k] > 0
        _, slope = aihara(states_at(data, k), below)
        assert np.abs(slope).min() < 0.1


def test_periods_stand_over_their_cycles():
    """From where the number stands, the period is that number."""
    figure, data = drawn("chaos")
    *numbers, word, setting = figure.axes[0].texts
    assert setting.get_text() == "k = 0.7, α = 1, ε = 0.02"
    assert [text.get_text() for text in numbers] == ["4", "3", "2", "3", "4"]
    assert word.get_text() == "period"
    for text in numbers:
        near = np.abs(data["a"] - text.xy[0]) < 0.005
        assert set(data["period"][near]) == {int(text.get_text())}
