import csv
import math
import re

import numpy as np
import pytest

import doya
from promises import made_again, refused
from shell import answer, doya_, in_a_line

CASCADE = "--epsilon 0.5 --b 10"
SHORT = "--points 30 --transient 200 --steps 64"


def step(x, w, b, epsilon):
    return (1.0 - epsilon) * x + epsilon / (1.0 + math.exp(-w * x - b))


def test_json_holds_the_pinned_keys_as_lists_along_the_sweep(here):
    result = answer(f"orbit {CASCADE} --over w -100 -10 {SHORT} --json")["result"]
    assert {"lyapunov", "periods", "values", "attractors", "rows", "special_points"} <= set(result)
    assert result["values"] == np.linspace(-100.0, -10.0, 30).tolist()
    assert {len(result[key]) for key in ("lyapunov", "periods", "attractors")} == {30}
    assert [row["start"] for row in result["rows"]] == ["first start", "second start"]
    for row in result["rows"]:
        assert {len(row[key]) for key in ("periods", "lyapunov", "lyapunov_error")} == {30}
    assert result["periods"][-1] == 1
    assert list(here.iterdir()) == []


def test_exponents_are_the_published_ones(here):
    """Map with epsilon = 0.5, b = 10: long runs in another program."""
    ends = answer(f"orbit {CASCADE} --over w -50 -20 --points 2 --json")["result"]
    assert ends["lyapunov"] == pytest.approx([-0.602, -2.845], abs=5e-4)
    assert ends["periods"] == [3, 2]
    ends = answer(f"orbit {CASCADE} --over w -100 -80 --points 2 --steps 20000 --json")["result"]
    assert ends["periods"] == [0, 0]
    assert ends["lyapunov"] == pytest.approx([0.417, 0.227], abs=0.02)
    assert max(ends["rows"][0]["lyapunov_error"]) < 0.02


def test_special_points_are_the_cascade(here):
    """The flips of periods 1 to 8 in 40 digits, each a cycle of the map."""
    options = f"{CASCADE} --over w -37.4 -10 --json"
    points = answer(f"orbit {options} {SHORT}")["result"]["special_points"]
    flips = {point["period"]: point for point in points if point["kind"] == "PD"}
    expected = {1: -13.70064427013690, 2: -32.11485386147331, 4: -36.86689451428006}
    for period, value in (expected | {8: -37.37305091890881}).items():
        point = flips[period]
        assert point["value"] == point["w"] == pytest.approx(value, rel=1e-13)
        assert (point["parameter"], point["b"], point["epsilon"]) == ("w", 10.0, 0.5)
        assert len(point["x"]) == period
        following = [step(x, value, 10.0, 0.5) for x in point["x"]]
        assert following == pytest.approx(point["x"][1:] + point["x"][:1], abs=1e-9)


def test_of_two_attractors_the_larger_exponent_is_told(here):
    """At b = -2.6 the upper equilibrium, which is nearer to its fold; eigenvalues in 40 digits."""
    result = answer("orbit --over b -2.6 -2.5 --points 2 --json")["result"]
    assert result["attractors"] == [2, 2]
    x = (0.11832792920550398, 0.80999320562534604)
    exponents = [math.log(5.0 * each * (1.0 - each)) for each in x]
    assert result["lyapunov"][0] == pytest.approx(max(exponents))
    found = sorted(row["lyapunov"][0] for row in result["rows"])
    assert found == pytest.approx(sorted(exponents))


def test_starts_and_directions_are_named(here):
    rows = answer(f"orbit --x0 0.1 --x0 0.9 --over b -3 -2 {SHORT} --json")["result"]["rows"]
    assert [row["start"] for row in rows] == ["x0 = 0.1", "x0 = 0.9"]
    found = answer(f"orbit --follow --x0 0.1 --over b -3 -2 {SHORT} --json")
    assert [row["start"] for row in found["result"]["rows"]] == ["up", "down"]
    assert (found["parameters"]["follow"], found["parameters"]["x0"]) == (True, [0.1])
    between = np.array(found["result"]["values"])
    between = (between > -2.6556) & (between < -2.3444)
    assert (np.array(found["result"]["attractors"]) > 1).tolist() == between.tolist()


def test_over_epsilon_and_the_default_range_with_the_folds():
    found = answer(f"orbit --w -50 --b 10 --over epsilon 0.1 1 {SHORT} --json")
    assert found["parameters"]["epsilon"] is None
    assert found["result"]["special_points"][0]["kind"] == "PD"
    found = answer(f"orbit {SHORT} --json")
    assert found["parameters"]["over"] == ["b", -3.0, -2.0]
    folds = [point["value"] for point in found["result"]["special_points"]]
    assert folds == pytest.approx([-2.655610338630688, -2.344389661369312])


def test_minus_infinity_is_null():
    """w = 0 at epsilon = 1: every state goes to sigma(b) at once."""
    result = answer(f"orbit --w 0 --over b -1 1 {SHORT} --json")["result"]
    assert result["lyapunov"] == [None] * 30


def test_the_table_tells_where_cycles_change_and_what_there_is(here):
    """Shortest periods first, and how many more there are."""
    lines = doya_(f"orbit {CASCADE} --over w -100 -10 --points 120 -o a.csv").stdout.splitlines()
    assert lines[0].split() == ["kind", "w", "meaning"]
    kind, value, *words = lines[1].split()
    assert (kind, " ".join(words)) == ("PD", "flip: period 1 doubles to 2")
    assert float(value) == pytest.approx(-13.70064427013690, rel=1e-5)
    assert any(line.endswith("fold: two cycles of period 3 meet and vanish") for line in lines)
    more = next(line for line in lines if line.startswith("and "))
    assert re.fullmatch(r"and \d+ more, of periods \d+ to 64; --json lists all", more)
    summary = dict(re.split("  +", line) for line in lines[lines.index("") + 1 :])
    largest = r"0\.4\d* \+- 0\.0\d*, at w = -\d+\.\d+"
    assert re.fullmatch(largest, summary["largest Lyapunov exponent"])
    share = r"at \d\S* % of the values of w"
    assert re.fullmatch(share, summary["chaos (exponent greater than its error)"])
    assert re.fullmatch(share, summary["period 3"])
    lines = doya_("orbit --over b -3 -2 --points 101 -o a.csv").stdout.splitlines()
    assert [line.split("  ")[-1] for line in lines[1:3]] == [
        "fold: two fixed points meet and vanish"
    ] * 2
    assert re.split("  +", " ".join(lines[-2:])) == [
        *("2 attractors", "at 30.7 % of the values of b, from", "-2.65 to -2.35")
    ]
    lines = doya_(f"orbit --w 1 --over b -3 -2 {SHORT} -o a.csv").stdout.splitlines()
    assert lines[0] == "No bifurcation of cycles was found for b from -3 to -2."


def test_chaos_is_an_exponent_above_its_error(here):
    """Where cascades accumulate some are positive, but within their errors."""
    asked = f"orbit {CASCADE} --over w -37.51 -37.49 --points 41 --steps 1000"
    neuron = doya.NeuronMap(b=10.0, epsilon=0.5)
    found = doya.orbit_diagram(neuron, "w", (-37.51, -37.49), points=41, steps=1000)
    above = found.lyapunov[0] > found.lyapunov_error[0]
    assert np.count_nonzero(above) < np.count_nonzero(found.lyapunov[0] > 0.0)
    share = f"greater than its error)  at {100.0 * np.mean(above):.3g} % of the values of w"
    assert share in doya_(asked).stdout


def test_a_notice_says_where_it_is_open_what_an_orbit_comes_to(here):
    """Beside the accumulation of the cascade periods are long."""
    done = doya_(f"orbit {CASCADE} --over w -37.4964 -37.4963 --points 3")
    said = in_a_line(done.stderr)
    assert re.match(r"At \d+ of 3 values neither a cycle nor an exponent ", said)
    assert said.endswith("too small. Wrote doya-orbit.png")
    assert doya_(f"orbit {SHORT}").stderr == "Wrote doya-orbit.png\n"
    assert doya_(f"orbit {SHORT} --quiet").output == ""


def test_the_csv_has_a_line_a_state(here):
    """A round of a cycle, more of chaos, each state the map of the one before."""
    text = doya_(f"orbit {CASCADE} --over w -100 -50 --points 5 -o - -o a.npz").stdout
    rows = list(csv.DictReader(line for line in text.splitlines() if line[0] != "#"))
    names = ["w", "row", "start", "period", "lyapunov", "lyapunov_error", "x"]
    assert [*rows[0]] == names
    groups = {}
    for row in rows:
        groups.setdefault((float(row["w"]), row["row"]), []).append(row)
    assert [*groups] == [(w, row) for row in "12" for w in np.linspace(-100.0, -50.0, 5)]
    for (w, _), states in groups.items():
        x, period = [float(each["x"]) for each in states], int(states[0]["period"])
        assert len(x) == (period or 200)
        following = [step(each, w, 10.0, 0.5) for each in x]
        count = len(x) if period else len(x) - 1
        np.testing.assert_allclose(following[:count], (x[1:] + x)[:count], atol=1e-12)
    with np.load("a.npz") as data:
        assert data["x"].tolist() == [float(row["x"]) for row in rows]
        assert set(names) < set(data)


@pytest.mark.long
@pytest.mark.parametrize(
    "options",
    [
        f"{CASCADE} --over w -100 -10",
        "--epsilon 0.5 --follow --x0 0.2 --over b -3 -2",
        "--w -60 --b 20 --over epsilon 0.1 1 --x0 0.3 --x0 0.7",
    ],
)
def test_the_command_in_the_data_makes_it_again(here, options):
    assert made_again(f"orbit {options} {SHORT}")


FINITE = "must be finite, from -1e100 to 1e100, got"
WRONG = [
    ("--dynamics flow", "orbit needs --dynamics map. .* equilibria: doya bifurcate shows them"),
    ("--over b 0 1 --over w 0 1", "--over sweeps one parameter: give it once"),
    ("--over x0 0 1", "'--over': 'x0' is not one of 'b', 'w', 'epsilon', 'u'"),
    ("--over epsilon 0 1", "'--over': epsilon must be from 1e-100 to 1, got 0.0"),
    ("--over b -2 -3", "'--over': b needs LOW < HIGH, got -2 and -3: write --over b -3 -2"),
    ("--epsilon 2", "'--epsilon': epsilon must be from 1e-100 to 1, got 2.0"),
    ("--points 1", "'--points': it must be a whole number from 2 to 1000000, got 1"),
    ("--x0 inf", f"'--x0': x0 {FINITE} inf"),
    (
        "--follow --x0 0 --x0 1",
        "--follow takes at most one --x0, got 2: give one, or remove --follow",
    ),
    ("--transient -1", "'--transient': it must be a whole number from 0 to 1000000000, got -1"),
    ("--steps 3", "'--steps': it must be a whole number from 16 to 1000000000, got 3"),
    ("--steps 1e3", "'--steps': it must be a whole number from 16 to 1000000000, got 1e3"),
]


@pytest.mark.parametrize(("options", "words"), WRONG, ids=[options for options, _ in WRONG])
def test_wrong_usage_is_one_sentence_exit_2_and_nothing_on_disk(here, options, words):
    assert refused(f"orbit {options}", words)


def test_more_states_than_memory_has_room_for_are_wrong_usage(here):
    starts = "--x0 0.5 " * 100
    done = doya_(f"orbit --points 1000000 {starts}")
    assert done.exit_code == 2
    assert re.fullmatch(r"Error: .*'--points': points .* See doya orbit --help\.\n", done.stderr)


@pytest.mark.each_third
@pytest.mark.parametrize(
    "options",
    [
        "--transient 0",
        "--w -1e100 --b 1e100",
        "--over b -1e100 1e100",
        "--epsilon 0.5 --over w -1e100 1e100",
        "--w -100 --b 10 --over epsilon 1e-100 1",
        "--w -10 --epsilon 1e-50 --x0 1e100",
        "--w 4 --b -2",
    ],
)
def test_extremes_give_an_answer_and_a_picture(here, options):
    done = doya_(f"orbit {options} {SHORT.replace('200', '100')}")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.endswith("Wrote doya-orbit.png\n")
