"""The figure `hysteresis`."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import ai_zeros, expit

from artists import arrows, ends, texts
from drawn import curve, drawn

FOLD = -2.344389661369312


def names(data, word):
    """The loops of one way, "up" or "down"."""
    return [each for each in dict.fromkeys(data["curve"]) if each.startswith(f"{word} at ")]


def test_the_loops_solve_the_equation_of_the_flow():
    """By Runge and Kutta's method at another tolerance, for the two faster ramps."""
    _, data = drawn("hysteresis")
    for name in [*names(data, "up")[:2], *names(data, "down")[:2]]:
        speed, b, x = curve(data, name, "speed", "b", "x")
        rate = speed[0] if name.startswith("up") else -speed[0]
        t = (b - b[0]) / rate
        found = solve_ivp(
            lambda t, x, start=b[0], rate=rate: expit(5.0 * x + start + rate * t) - x,
            (0.0, t[-1]), [x[0]], t_eval=t, rtol=1e-10, atol=1e-12,
        )  # fmt: skip
        assert x == pytest.approx(found.y[0], abs=1e-7)


def test_both_ways_are_alike_and_jump_beyond_their_folds():
    """x and b on the way down are 1 - x and -w - b of the way up; slower means nearer."""
    _, data = drawn("hysteresis")
    delays = []
    for up, down in zip(names(data, "up"), names(data, "down"), strict=True):
        b, x = curve(data, up, "b", "x")
        other_b, other_x = curve(data, down, "b", "x")
        assert -5.0 - other_b == pytest.approx(b, abs=1e-12)
        assert 1.0 - other_x == pytest.approx(x, abs=1e-9)
        delays.append(np.interp(0.5, x, b) - FOLD)
    assert delays[0] > delays[1] > delays[2] > 0.0
    b, x = curve(data, "folds", "b", "x")
    assert b == pytest.approx([FOLD, -5.0 - FOLD], rel=1e-13)
    assert 5.0 * x * (1.0 - x) == pytest.approx([1.0, 1.0], rel=1e-13)


def test_the_delay_follows_airys_law_where_the_ramp_is_slow():
    """The first zero of Ai; 1/256 in a time constant crosses x = 1/2 at t = 188.298685257."""
    figure, data = drawn("hysteresis")
    speed, delay = curve(data, "delay", "speed", "delay")
    _, law = curve(data, "law", "speed", "delay")
    slope, bend = 0.2, np.sqrt(5.0) / 2.0
    zero = -ai_zeros(1)[0][0]
    assert law == pytest.approx(zero * (speed**2 / (slope * bend)) ** (1.0 / 3.0), rel=1e-12)
    # From -3, where the state at rest of the source starts; the ramp here starts at -3.2.
    (at,) = delay[speed == 1.0 / 256.0]
    assert at == pytest.approx(-3.0 + 188.298685257 / 256.0 - FOLD, abs=2e-4)
    parts = delay / law
    assert np.all(np.diff(parts) > 0.0)
    assert parts[-1] == pytest.approx(1.0, abs=0.04)
    lower = figure.axes[1]
    assert (lower.get_xscale(), lower.get_yscale()) == ("log", "log")


def test_heads_point_up_and_down_and_lines_hold_the_data():
    figure, data = drawn("hysteresis")
    ax = figure.axes[0]
    heads = [ends(each) for each in arrows(ax)]
    assert [stop[1] > start[1] for start, stop in heads] == [True, False] * 3
    loops = [line for line in ax.lines if line.get_zorder() == 3]
    assert len({(line.get_color(), str(line._dash_pattern)) for line in loops}) == 3
    for line, name in zip(loops, [f"{w} at {s:g}" for s in (1 / 16, 1 / 64, 1 / 1024)
                                  for w in ("up", "down")], strict=True):  # fmt: skip
        np.testing.assert_array_equal(line.get_xydata(), np.stack(curve(data, name, "b", "x"), -1))
    styles = [line.get_linestyle() for line in ax.lines[:3]]
    assert sorted(styles) == ["-", "-", "--"]
    assert "r = 1/16" in texts(ax)
