"""Bifurcations along authors' letters: published values, and random lines against a dense scan."""

import json
import math

import numpy as np
import pytest

import doya
import letters_oracle
import lines_of_letters
import oracles
from authors import FROM

PASEMANN, TANH = doya.from_pasemann, doya.from_tanh
POPULATION = doya.from_wilson_cowan(5.0, 2.8, 1.2, 0.5)
# (neuron, letter, [(kind, value, x or None)]); each value in 40-digit arithmetic.
VALUES = [
    (
        TANH(1.0, 0.2),
        "w",
        [("LP", 1.48687119231512413, 0.213885169268105), ("PD", -1.00996690881839171, None)],
    ),
    (TANH(1.0, 0.1), "w", [("LP", 1.2978824755046049, None), ("PD", -1.002497920477083, None)]),
    (TANH(1.0, 0.0), "w", [("PD", -1.0, 0.5), ("CP", 1.0, 0.5)]),
    (PASEMANN(0.5, 1.0, -6.0), "gamma", [("PD", 0.223708504412485897, 0.285410665227931)]),
    (PASEMANN(0.0, -2.4, 1.0), "w", [
        ("PD", None, None), ("LP", 5.207829017902959, None), ("LP", 4.637730694949675, None),
    ]),
    (POPULATION, "input", [
        ("LP", 0.813756875277463081, None), ("LP", 0.121935357537362106, None),
    ]),
    (doya.from_tanh_flow(2.0, 0.1), "h", [
        ("LP", 0.532839975353552, None), ("LP", -0.532839975353552, None),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("neuron", "letter", "truth"), VALUES)
def test_published_values_along_letters(neuron, letter, truth):
    """The letter itself is the value, and its name the parameter."""
    found = doya.bifurcation_points(neuron, letter)
    assert [each.kind for each in found] == [kind for kind, _, _ in truth]
    for point, (_, value, x) in zip(found, truth, strict=True):
        assert point.parameter == letter
        if value is not None:
            assert point.value == pytest.approx(value, rel=1e-14)
        if x is not None:
            assert point.x == pytest.approx(x, rel=1e-13)


def test_the_folds_of_a_population_are_in_its_own_rate():
    """r = x - c at the folds over the input, with x = (1 -+ sqrt(1 - 4/6))/2, in 40 digits."""
    c = oracles.sigmoid(-oracles.mpf(1.2) * oracles.mpf(2.8))
    for point, (x, _) in zip(
        doya.bifurcation_points(POPULATION, "input"), oracles.folds(6), strict=True
    ):
        assert point.state == pytest.approx(float(x - c), rel=1e-14)
        assert point.w == 6.0


@pytest.mark.long
def test_no_fold_or_flip_of_a_letter_is_missing_and_none_is_there_twice():
    """Three random lines of each author and letter; `lines_of_letters` checks more."""
    seen = lines_of_letters.run(3, seed=5)
    assert len(seen) == sum(map(len, letters_oracle.LETTERS.values()))
    assert sum(seen.values()) > 30


def test_without_input_the_silent_state_of_a_population_crosses_another():
    """r = 0 is an equilibrium for each w; it loses its stability at w = 1/(a c (1 - c))."""
    a, theta = 1.2, 2.8
    neuron = doya.from_wilson_cowan(5.0, theta, a)
    branch, fold = doya.bifurcation_points(neuron, "w")
    c = float(oracles.sigmoid(-oracles.mpf(a) * oracles.mpf(theta)))
    assert (branch.kind, fold.kind, branch.state) == ("BP", "LP", 0.0)
    assert branch.value == pytest.approx(1.0 / (a * c * (1.0 - c)), rel=1e-14)
    diagram = doya.bifurcation_diagram(neuron, "w", (0.0, 40.0))
    silent = [each for each in diagram.branches if not each.state.any()]
    assert [(each.stable, each.value[0], each.value[-1]) for each in silent] == [
        (True, 0.0, branch.value), (False, branch.value, 40.0),
    ]  # fmt: skip
    for each in diagram.branches:
        assert np.isfinite(each.state).all()
        for w, r in zip(each.value[1:-1], each.state[1:-1], strict=True):
            inner = math.exp(-a * (w * r - theta))
            assert 1.0 / (1.0 + inner) - c == pytest.approx(r, abs=1e-12)


def test_the_crossing_is_found_where_c_is_nearly_1():
    """a theta = -61: 1 - c = 3e-27 has no digit in a double, and w = 1/(a c (1 - c))."""
    a, theta = 3.0707409140230006, -19.88214950531952
    neuron = doya.from_wilson_cowan(1.0, theta, a)
    (branch,) = (each for each in doya.bifurcation_points(neuron, "w") if each.kind == "BP")
    c = oracles.sigmoid(-oracles.mpf(a) * oracles.mpf(theta))
    rest = oracles.sigmoid(oracles.mpf(a) * oracles.mpf(theta))
    assert branch.value == pytest.approx(float(1 / (a * c * rest)), rel=1e-13)
    assert branch.state == 0.0


def at_rest(author, letters, state):
    """The author's own right side minus the state (map) or the rate (flow), at a state."""
    sigma = lambda q: 0.5 * (1.0 + math.tanh(0.5 * q))  # noqa: E731
    p = letters
    return {
        "pascanu": lambda a: p["w"] * sigma(a) + p["b"] - a,
        "pasemann": lambda a: (p["gamma"] - 1.0) * a + p["theta"] + p["w"] * sigma(a),
        "aihara": lambda y: (p["k"] - 1.0) * y - p["alpha"] * sigma(y / p["epsilon"]) + p["a"],
        "beer": lambda y: -y + p["w"] * sigma(y + p["theta"]) + p["input"],
        "wilson-cowan": lambda r: (
            -r
            + sigma(p["a"] * (p["w"] * r + p["input"] - p["theta"]))
            - sigma(-p["a"] * p["theta"])
        ),
        "tanh": lambda a: p["w"] * math.tanh(a) + p["h"] - a,
        "tanh-flow": lambda y: -y + math.tanh(p["w"] * y + p["h"]),
    }[author](state)


LINES = [(author, letter) for author, each in letters_oracle.LETTERS.items() for letter in each]


def branches_at(diagram, value):
    ends = [(branch, *sorted(branch.value[[0, -1]])) for branch in diagram.branches]
    return [branch for branch, low, high in ends if low <= value <= high]


@pytest.mark.each_third
@pytest.mark.parametrize(("author", "letter"), [*LINES, ("tanh", "epsilon")])
def test_branches_along_a_letter_are_every_equilibrium_of_the_authors_equation(author, letter):
    """Each point is at rest in the author's state; at any value there are as many as roots."""
    rng = np.random.default_rng(11)
    for _ in range(6):
        letters = lines_of_letters.drawn(author, rng)
        conversion = FROM[author](**letters)
        diagram = doya.bifurcation_diagram(conversion, letter, points=30)
        low, high = diagram.between
        assert (diagram.over, diagram.conversion) == (letter, conversion)
        for branch in diagram.branches:
            for value, state in zip(branch.value[::5], branch.state[::5], strict=True):
                there = {**letters, letter: float(value)}
                size = 1.0 + abs(state) + sum(abs(each) for each in there.values())
                if size < 1e6:
                    assert abs(at_rest(author, there, float(state))) <= 1e-12 * size, (there, state)
        special = [point.value for point in diagram.special_points]
        for value in rng.uniform(low, high, 4).tolist():
            if any(abs(value - each) < 1e-6 * (high - low) for each in special):
                continue
            there = FROM[author](**{**letters, letter: value})
            stable = [branch.stable for branch in branches_at(diagram, value)]
            rest = doya.equilibria(there.neuron)
            assert (len(stable), sum(stable)) == (rest.count, rest.stable.sum()), (there, diagram)


def test_a_range_may_end_where_the_letter_has_no_neuron():
    """gamma = 1 is replaced by the largest number below 1; beyond 1 the letter is refused."""
    neuron = PASEMANN(0.5, 1.0, -6.0)
    diagram = doya.bifurcation_diagram(neuron, "gamma", (0.0, 1.0))
    assert diagram.between == (0.0, math.nextafter(1.0, 0.0))
    assert [point.kind for point in diagram.special_points] == ["PD"]
    # The fixed point at gamma -> 1: theta + w sigma = 0, sigma = 1/6.
    assert diagram.branches[0].x[0] == pytest.approx(1.0 / 6.0, rel=1e-12)
    with pytest.raises(doya.ArgumentError, match="gamma must be at least 0 and less than 1, got"):
        doya.bifurcation_points(neuron, "gamma", (0.0, 1.5))


@pytest.mark.each_third
@pytest.mark.parametrize(
    ("neuron", "letter"),
    [
        (TANH(1.0, 0.0, 0.4), "w"),
        (doya.from_aihara(0.7, 1.0, 0.5, 0.02), "epsilon"),
        (PASEMANN(0.0, 3.0, -6.0), "gamma"),
        (PASEMANN(0.3, -3.0, 6.0), "gamma"),
        (doya.from_aihara(0.0, 6.0, 3.0, 1.0), "k"),
    ],
)
def test_lines_through_the_cusp_keep_the_symmetric_equilibrium(neuron, letter):
    """b = -w/2 all along: x = 1/2 is an equilibrium for each value."""
    diagram = doya.bifurcation_diagram(neuron, letter)
    middle = [each for each in diagram.branches if np.all(each.x == 0.5)]
    assert middle
    ends = sorted(end for each in middle for end in (each.value[0], each.value[-1]))
    assert (ends[0], ends[-1]) == diagram.between
    for each in diagram.branches:
        for value, x, rate in zip(each.value, each.x, each.eigenvalue, strict=True):
            there = diagram.swept.there(float(value))
            own = doya.NeuronMap(there["w"], there["b"], epsilon=there["epsilon"])
            assert own.eigenvalue(x) == pytest.approx(rate, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("neuron", "letter", "factor"),
    [
        (PASEMANN(0.0, 1.0, -6.0), "gamma", lambda q, v: v - 6.0 * letters_oracle.slope(q, np)),
        (
            doya.from_aihara(0.3, 1.0, 0.4, 5.0),
            "epsilon",
            lambda q, v: 0.3 - letters_oracle.slope(q, np) / v,
        ),
    ],
)
def test_motion_along_a_letter_is_where_no_multiplier_is_negative(neuron, letter, factor):
    """The author's own factor at rest, and the direction of the state to the equilibrium."""
    diagram = doya.bifurcation_diagram(neuron, letter, (0.05, 0.999))
    motion = diagram.motion()
    expected = []
    for value in np.linspace(0.05, 0.999, 15)[1::2].tolist():
        author = FROM[neuron.author]
        there = author(**{**neuron.parameters, letter: value})
        rest = doya.equilibria(there)
        if factor(float(rest.z[0]), value) >= 0.0:
            expected.append(value)
    assert expected
    assert sorted(set(motion.value.tolist())) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("author", "letters", "letter"),
    [
        ("aihara", {"k": 0.9, "alpha": 0.13, "a": -0.02, "epsilon": 0.001}, "alpha"),
        ("beer", {"w": 0.01, "theta": -5e-17, "input": -5.8e15, "tau": 65.0}, "theta"),
        ("pasemann", {"gamma": 0.99999999999, "theta": -12.7, "w": 0.026}, "w"),
        ("pascanu", {"w": -1e22, "b": -5.6e9}, "w"),
        ("wilson-cowan", {"w": 0.8, "theta": 6e23, "a": 1.8, "input": 0.02, "tau": 1.6}, "w"),
        ("wilson-cowan", {"w": 4.7, "theta": -20.0, "a": 1.0, "input": -2.6, "tau": 4.0}, "w"),
        ("wilson-cowan", {"w": 4.7, "theta": 0.0, "a": 1.0, "input": 1e-45, "tau": 4.0}, "w"),
        ("wilson-cowan", {"w": -72.0, "theta": 7e24, "a": 33.0, "input": 0.0, "tau": 0.2}, "input"),
        ("tanh", {"w": 3.0, "h": 1e25, "epsilon": 0.5}, "u"),
    ],
)
def test_letters_of_any_size_have_a_diagram(author, letters, letter):
    """At each value there are as many branches as equilibria of the converted neuron."""
    diagram = doya.bifurcation_diagram(FROM[author](**letters), letter, points=9)
    low, high = diagram.between
    assert low < high
    special = [point.value for point in diagram.special_points]
    for value in np.linspace(low, high, 7)[1:-1].tolist() if letter != "u" else []:
        if any(abs(value - each) <= 1e-7 * (high - low + abs(value)) for each in special):
            continue
        there = FROM[author](**{**letters, letter: value})
        assert len(branches_at(diagram, value)) == doya.equilibria(there).count


@pytest.mark.parametrize("a", [1.0, 10.0, 1e-3])
def test_the_default_range_of_a_letter_is_that_of_the_bias_in_its_units(a):
    """At a w = 5 the bias a input - 5/2 runs from -3 to -2, whatever the unit of the input is."""
    neuron = doya.from_wilson_cowan(w=5.0 / a, theta=0.0, a=a)
    low, high = doya.bifurcation_diagram(neuron, "input", points=3).between
    assert (a * low, a * high) == pytest.approx((-0.5, 0.5), rel=1e-12)


def test_u_of_doya_may_be_swept_where_the_state_allows():
    """The input is added outside sigma: w w' u moves Pasemann's theta by epsilon w w' u."""
    neuron = PASEMANN(0.5, 1.0, -40.0)
    by_u = doya.bifurcation_points(neuron, "u")
    by_theta = doya.bifurcation_points(neuron, "theta")
    values = sorted(1.0 + 0.5 * neuron.neuron.w * point.value for point in by_u)
    assert values == pytest.approx(sorted(point.value for point in by_theta), rel=1e-13)
    moved = doya.bifurcation_points(neuron, "theta", u=0.1)
    assert [each.value for each in moved] == pytest.approx(
        [each.value - 0.5 * neuron.neuron.w * 0.1 for each in by_theta], rel=1e-12
    )
    with pytest.raises(doya.ArgumentError, match=r"u must be 0 for Pascanu's neuron, got 0\.1"):
        doya.bifurcation_points(doya.from_pascanu(5.0, -2.5), "b", u=0.1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: doya.bifurcation_points(TANH(1.0, 0.0), "b"),
            "over must be 'w' or 'h' or .*, got",
        ),
        (
            lambda: doya.bifurcation_points(POPULATION, "tau"),
            "over must not be 'tau': it is the unit of time, .* use 'w' or 'input'",
        ),
        (
            lambda: doya.bifurcation_diagram(POPULATION, "theta"),
            "over must not be 'theta' for Wilson and Cowan's neuron: it moves w and b along a",
        ),
        (
            lambda: doya.bifurcation_points(PASEMANN(0.5, 0.0, 0.0), "gamma"),
            "over must not be 'gamma' here: the other letters are 0",
        ),
        (
            lambda: doya.bifurcation_points(TANH([1.0, 2.0], 0.0), "h"),
            r"neuron must be one neuron, got an ensemble of shape \(2,\)",
        ),
        (
            lambda: doya.bifurcation_diagram(
                doya.from_aihara(0.5, 1.0, 0.3, 0.1), "epsilon", (0, 1)
            ),
            "epsilon must be greater than 0, from 1e-100 to 1e100, got 0.0",
        ),
    ],
)
def test_a_letter_that_cannot_be_swept_is_refused_with_a_remedy(call, words):
    with pytest.raises(doya.ArgumentError, match=words):
        call()


def test_points_are_data():
    """All fields are plain numbers and words."""
    (point, *_) = doya.bifurcation_points(TANH(1.0, 0.2), "w")
    assert json.loads(json.dumps(vars(point)))["state"] == point.state


@pytest.mark.parametrize("over", ["input", "u"])
def test_under_an_input_outside_sigma_states_are_those_of_x(over):
    """The state moves by w' u, as x does; without u they are as before."""
    neuron = doya.from_wilson_cowan(5.0, 2.8, 1.2, 0.5)
    found = doya.equilibria(neuron, u=0.05)
    np.testing.assert_allclose(found.state, neuron.from_state(found.x), rtol=1e-12)
    assert doya.simulate(neuron, 0.2, 80.0, u=0.05).state[-1] == pytest.approx(found.state[0])
    for point in doya.bifurcation_points(neuron, over, u=0.05 * (over != "u")):
        assert point.state == pytest.approx(float(neuron.from_state(point.x)), rel=1e-12)


def test_cycles_along_a_letter_are_found_at_its_value_1():
    """theta = 1 is no limit, as gamma = 1 is."""
    found = doya.cycle_bifurcations(doya.from_pasemann(0.2, 0.5, -6.0), "theta", between=(0.0, 1.0))
    assert isinstance(found, list)
