"""Fold and flip curves over two letters, against each author's own equation at rest."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import doya
import letters_oracle
from authors import converted
from doya import plots
from promises import refused
from shell import answer, doya_


def sigma(q):
    return 0.5 * (1.0 + np.tanh(0.5 * q))


# By author: the argument of sigma or tanh at a state, and what must vanish at rest.
REST = {
    "pascanu": (lambda s, p: s, lambda s, p: p["w"] * sigma(s) + p["b"] - s),
    "pasemann": (
        lambda s, p: s,
        lambda s, p: (p["gamma"] - 1.0) * s + p["theta"] + p["w"] * sigma(s),
    ),
    "aihara": (
        lambda s, p: s / p["epsilon"],
        lambda s, p: (p["k"] - 1.0) * s - p["alpha"] * sigma(s / p["epsilon"]) + p["a"],
    ),
    "beer": (
        lambda s, p: s + p["theta"],
        lambda s, p: -s + p["w"] * sigma(s + p["theta"]) + p["input"],
    ),
    "wilson-cowan": (
        lambda s, p: p["a"] * (p["w"] * s + p["input"] - p["theta"]),
        lambda s, p: (
            -s
            + sigma(p["a"] * (p["w"] * s + p["input"] - p["theta"]))
            - sigma(-p["a"] * p["theta"])
        ),
    ),
    "tanh": (lambda s, p: s, lambda s, p: p["w"] * np.tanh(s) + p["h"] - s),
    "tanh-flow": (
        lambda s, p: p["w"] * s + p["h"],
        lambda s, p: -s + np.tanh(p["w"] * s + p["h"]),
    ),
}
PLANES = [
    ("pascanu", {"w": 5.0, "b": -2.0}, {"w": (-9.0, 9.0), "b": (-7.0, 6.0)}),
    ("pasemann", {"gamma": 0.3, "theta": 1.0, "w": 2.0}, {"theta": (-6.0, 8.0), "w": (-9.0, 9.0)}),
    (
        "aihara",
        {"k": 0.5, "alpha": 1.0, "a": 0.3, "epsilon": 0.1},
        {"alpha": (0.0, 2.0), "a": None},
    ),
    (
        "aihara",
        {"k": 0.5, "alpha": 1.0, "a": 0.3, "epsilon": 0.1},
        {"epsilon": (0.02, 0.5), "a": (0.0, 1.0)},
    ),
    ("beer", {"w": 5.0, "theta": 1.0, "input": -3.0, "tau": 2.0}, {"w": (0.0, 9.0), "theta": None}),
    ("beer", {"w": 5.0, "theta": 1.0, "input": -3.0, "tau": 2.0}, None),
    ("wilson-cowan", {"w": 5.0, "theta": 2.8, "a": 1.2, "input": 0.5, "tau": 1.0}, None),
    ("tanh", {"w": 1.0, "h": 0.0, "epsilon": 0.6}, {"w": (-6.0, 3.0), "h": (-1.0, 1.5)}),
    ("tanh-flow", {"w": 1.0, "h": 0.0, "tau": 1.0}, None),
]


@pytest.mark.parametrize(("author", "letters", "over"), PLANES)
def test_each_point_of_a_curve_is_a_fold_or_a_flip_of_the_authors_equation(author, letters, over):
    """The state rests there, with the multiplier 1 or -1, or for a flow the eigenvalue 0."""
    found = doya.bifurcation_curves(converted(author, letters), over=over, points=25)
    argument, residual = REST[author]
    assert found.curves
    for curve in found.curves:
        there = {**letters, **curve.letters}
        size = 1.0 + np.abs(curve.state) + sum(np.abs(each) for each in curve.letters.values())
        assert np.all(np.abs(residual(curve.state, there)) <= 1e-13 * size)
        q = argument(curve.state, there)
        factor = letters_oracle.FACTORS[author](q, Doubles, **there)
        np.testing.assert_allclose(factor, 1.0 if curve.kind == "LP" else -1.0, rtol=1e-11)
        for name, (low, high) in found.window.items():
            values = curve.letters[name]
            assert np.all((low <= values) & (values <= high))
        # Each piece ends on an edge of the window, or at its tip where two pieces meet.
        for k in (0, -1):
            on_edge = any(curve.letters[name][k] in ends for name, ends in found.window.items())
            assert on_edge or abs(q[k]) < 1e-6


class Doubles:
    """The functions that the oracle takes."""

    exp, cosh = staticmethod(np.exp), staticmethod(np.cosh)


@pytest.mark.parametrize(("author", "letters", "over"), PLANES)
def test_curves_pass_through_the_points_along_each_letter(author, letters, over):
    """They cross a line of the window where `bifurcation_points` lists its points."""
    neuron = converted(author, letters)
    found = doya.bifurcation_curves(neuron, over=over, points=4001)
    (first, span), (second, rise) = found.window.items()
    middle = span[0] + 0.61 * (span[1] - span[0])
    crossings = []
    for curve in found.curves:
        across, along = curve.letters[first], curve.letters[second]
        for k in np.flatnonzero(np.diff(np.sign(across - middle))):
            part = (middle - across[k]) / (across[k + 1] - across[k])
            crossings.append((curve.kind, along[k] + part * (along[k + 1] - along[k])))
    line = converted(author, {**letters, first: middle})
    truth = [(each.kind, each.value) for each in doya.bifurcation_points(line, second, rise)]
    assert sorted(kind for kind, _ in crossings) == sorted(kind for kind, _ in truth)
    for (_, one), (_, other) in zip(sorted(crossings), sorted(truth), strict=True):
        assert one == pytest.approx(other, rel=1e-5, abs=1e-5)


def test_the_cusp_and_the_regions_of_the_tanh_neuron():
    """Three equilibria for |h| < sqrt(w (w - 1)) - artanh(sqrt(1 - 1/w)); the cusp is at w = 1."""
    found = doya.bifurcation_curves(doya.from_tanh(1.0, 0.0), over={"w": (0.0, 3.0), "h": (-1, 1)})
    (cusp,) = found.special_points
    assert (cusp.kind, cusp.parameter, cusp.value, cusp.state) == ("CP", "w", 1.0, 0.0)
    assert found.place_of(cusp) == {"w": 1.0, "h": 0.0}
    regions = {each.name: each for each in found.regions}
    assert [(each.equilibria, each.stable) for each in found.regions] == [(3, 2), (1, 1)]
    w, h = regions["between the folds"].inside
    assert abs(h) < np.sqrt(w * (w - 1.0)) - np.arctanh(np.sqrt(1.0 - 1.0 / w))
    w, h = regions["between the folds"].w, regions["between the folds"].b
    fold = np.sqrt(np.maximum(w * (w - 1.0), 0.0)) - np.arctanh(np.sqrt(np.maximum(1 - 1 / w, 0)))
    np.testing.assert_allclose(np.abs(h), np.minimum(fold, 1.0), rtol=0, atol=1e-9)


def test_the_default_range_of_h_holds_its_folds_with_a_margin_of_a_third_of_them():
    """Up to w = 3 the folds reach |h| = sqrt(6) - artanh(sqrt(2/3)); a point near is measured."""
    found = doya.bifurcation_curves(doya.from_tanh(1.0, 0.0), over={"w": (0.0, 3.0), "h": None})
    reach = np.sqrt(6.0) - np.arctanh(np.sqrt(2.0 / 3.0))
    low, high = found.window["h"]
    assert low == -high
    assert 4.0 / 3.0 < high / reach < 1.75


def test_the_plane_is_drawn_in_letters():
    """Axes, curves and the mark of the cusp are those of w and input; the others stand above."""
    population = doya.from_wilson_cowan(5.0, 2.8, 1.2, 0.5)
    found = doya.bifurcation_curves(population)
    ax = Figure(figsize=(3.4, 3.0)).subplots()
    plots.draw_bifurcation_curves(found, ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("w", "input")
    assert np.array_equal(ax.lines[0].get_xdata(), found.curves[0].letters["w"])
    mark = ax.lines[-1]
    assert mark.get_xdata()[0] == pytest.approx(4.0 / 1.2, rel=1e-14)
    assert any("θ = 2.8, a = 1.2" in text.get_text() for text in ax.texts)


BEER = doya.from_beer(5.0, -3.0, 0.7, 2.0)
REFUSED = [
    (
        {"over": {"theta": (0, 1), "input": (0, 1)}},
        "over must have one of w, which move w, and one",
    ),
    ({"over": {"w": (0, 1), "tau": (1, 2)}}, "over must have 'w' or 'theta' or 'input' for Beer's"),
    ({"over": {"w": (1, 0), "input": None}}, "between must have low < high for w, got 1.0 and 0.0"),
]


@pytest.mark.parametrize(("options", "words"), REFUSED)
def test_planes_that_do_not_exist_are_refused(options, words):
    """One sentence that names the argument."""
    with pytest.raises(doya.ArgumentError, match=words):
        doya.bifurcation_curves(BEER, **options)
    with pytest.raises(doya.ArgumentError, match="over is for a Conversion only"):
        doya.bifurcation_curves(BEER.neuron, over={"w": (0, 1)})


def test_the_command_lists_curves_in_letters(here):
    """The command in the data makes it again, also with one range."""
    result = answer("regions tanh --over w 0 3 --over h -1 1 --json")["result"]
    assert {"w", "h", "x", "state"} < set(result["curves"][0])
    assert result["special_points"][0]["letters"] == {"w": 1.0, "h": 0.0}
    for words in (
        "regions wilson-cowan theta=2.8 a=1.2 --over input -1 2 --points 9",
        "regions beer tau=1 input=-2 --over theta -4 1 --points 9",
        "regions pasemann gamma=0.3 --points 9",
    ):
        assert doya_(f"{words} -o a.csv --quiet").output == ""
        text = (here / "a.csv").read_text()
        line = next(each for each in text.splitlines() if each.startswith("# command: doya "))
        assert doya_(f"{line.removeprefix('# command: doya ')} -o -").stdout == text
    assert refused("regions tanh --input 0.1", "--input needs Doya's parameters: .*")
    assert refused("regions aihara k=0.5 alpha=1 --over epsilon 0.1 0.5 --over k 0 1", "it must .*")
