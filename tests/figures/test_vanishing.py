"""The figure `vanishing`."""

import numpy as np
import pytest

from drawn import curve, drawn

FACTORS = (0.7, 1.0, 3.0)


def logarithms(data, name):
    k, log10 = curve(data, name, "k", "log10_norm")
    assert k.tolist() == list(range(31))
    return log10


def weights_and_biases(seed):
    random = np.random.default_rng(seed)
    return random.standard_normal((10, 10)), 2.0 * random.standard_normal(10)


@pytest.mark.parametrize("factor", FACTORS)
def test_norms_are_those_of_products_multiplied_out(factor):
    """Of W itself at rest, where tanh has slope 1; of W diag(1 - tanh(a)**2) elsewhere."""
    _, data = drawn("vanishing")
    for network in range(5):
        weights, b = weights_and_biases(network)
        weights *= factor / np.linalg.svd(weights, compute_uv=False)[0]
        states = [b]
        for _ in range(30):
            states.append(weights @ np.tanh(states[-1]) + b)
        rest, product = np.eye(10), np.eye(10)
        known = {"at rest": [0.0], "biased": [0.0]}
        for a in states[-2::-1]:
            rest, product = rest @ weights, product @ weights * (1.0 - np.tanh(a) ** 2)
            for name, each in (("at rest", rest), ("biased", product)):
                known[name].append(np.log10(np.linalg.norm(each, 2)))
        for name, truth in known.items():
            found = logarithms(data, f"{name} {network + 1}, {factor:g}")
            assert found == pytest.approx(truth, abs=1e-9)


def test_below_and_at_1_all_vanish_and_above_1_there_are_both():
    """And none exceeds its bound, the factor to the power k."""
    _, data = drawn("vanishing")
    for factor in FACTORS:
        bound = logarithms(data, f"bound, {factor:g}")
        assert bound == pytest.approx(np.arange(31) * np.log10(factor))
        ends = {}
        for name in ("at rest", "biased"):
            rows = [logarithms(data, f"{name} {j}, {factor:g}") for j in range(1, 6)]
            assert np.all(np.array(rows) <= bound + 1e-12)
            ends[name] = np.array([row[-1] for row in rows])
        assert np.all(ends["biased"] < 0.0)
        assert np.all(ends["at rest"] < 0.0) == (factor <= 1.0)
        assert np.all(ends["at rest"] > 0.0) == (factor > 1.0)


def test_each_panel_shows_its_factor_with_the_bound_dashed_above_the_shade():
    figure, data = drawn("vanishing")
    styles = {}
    for ax, factor in zip(figure.axes, FACTORS, strict=True):
        assert ax.get_title() == f"{factor:g}"
        names = [name for name in dict.fromkeys(data["curve"]) if name.endswith(f", {factor:g}")]
        *lines, one = ax.lines
        assert set(one.get_ydata()) == {0.0}
        assert len(lines) == len(names) == 11
        for name in names:
            known = np.stack(curve(data, name, "k", "log10_norm"), axis=-1)
            (line,) = [each for each in lines if np.array_equal(each.get_xydata(), known)]
            kind = name.split(",")[0].rstrip(" 12345")
            styles.setdefault(kind, set()).add((line.get_color(), line.is_dashed()))
        shade = ax.collections[0].get_paths()[0].vertices
        for step, top in enumerate(logarithms(data, f"bound, {factor:g}")):
            heights = shade[shade[:, 0] == step, 1]
            assert (heights.min(), heights.max()) == (ax.get_ylim()[0], top)
    assert [len(each) for each in styles.values()] == [1, 1, 1]
    assert len(set.union(*styles.values())) == 3
    assert {kind for kind, ((_, dashed),) in styles.items() if dashed} == {"bound", "biased"}


def test_the_names_stand_beside_their_curves_in_the_last_panel():
    figure, data = drawn("vanishing")
    told = {text.get_text(): text.xy for text in figure.axes[-1].texts}
    assert told["bound"] == (30, logarithms(data, "bound, 3")[-1])
    for kind in ("at rest", "biased"):
        ends = [logarithms(data, f"{kind} {j}, 3")[-1] for j in range(1, 6)]
        assert told[kind] == (30, np.median(ends))
