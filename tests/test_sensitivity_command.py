import csv
import math
import re

import numpy as np
import pytest

import doya
from promises import made_again, refused
from shell import answer, doya_, in_a_line

KINDS = ("derivative", "sign", "log10_abs", "finite_difference", "settled")


def test_json_holds_the_pinned_keys_at_t_end_and_the_curves_against_t(here):
    """On the wall exp(T/4) and exp(T/4) - 1; plain numbers for a single start."""
    result = answer("sensitivity --x0 0.5 --json")["result"]
    assert {"x", *KINDS} <= set(result)
    assert (result["x0"], result["t_end"], result["x"]) == (0.5, 50.0, 0.5)
    assert result["derivative"]["x0"] == pytest.approx(math.exp(12.5))
    assert result["derivative"]["b"] == pytest.approx(math.expm1(12.5))
    assert result["log10_abs"]["b"] == pytest.approx(math.log10(math.expm1(12.5)))
    assert result["sign"] == {"x0": 1.0, "b": 1.0}
    assert result["settled"] == {"x0": None, "b": None}
    against = result["over_t"]
    assert (against["t"][0], against["t"][-1], len(against["t"])) == (0.0, 50.0, 200)
    assert against["derivative"]["b"] == pytest.approx(np.expm1(np.array(against["t"]) / 4.0))
    for kind in KINDS:
        assert {name: row[-1] for name, row in against[kind].items()} == result[kind]
    assert list(here.iterdir()) == []


def test_several_starts_are_an_outer_list():
    result = answer("sensitivity --x0 0.5 --x0 0.6 --wrt b --wrt w --t-end 1000 --json")["result"]
    assert result["x0"] == [0.5, 0.6]
    x = doya.equilibria(doya.NeuronODE()).x[-1]
    settled = 1.0 / (1.0 / (x * (1.0 - x)) - 5.0)
    assert result["settled"]["b"] == [None, pytest.approx(settled)]
    assert result["derivative"]["w"][1] == pytest.approx(settled * x)
    assert [len(row) for row in result["over_t"]["log10_abs"]["w"]] == [200, 200]


def test_over_a_parameter_there_are_lists_and_over_several_ends_lists_of_them():
    one = answer("sensitivity --over b -3 -2 --json")["result"]
    assert (one["b"][0], one["b"][-1]) == (-3.0, -2.0)
    assert {len(one["x"]), *(len(one[kind]["b"]) for kind in KINDS)} == {len(one["b"])}
    at = np.argmax(one["derivative"]["b"])
    assert (one["b"][at], one["derivative"]["b"][at]) == pytest.approx((-2.5, math.expm1(12.5)))
    two = answer("sensitivity --over w 3 7 --t-end 10 --t-end inf --json")["result"]
    assert two["t_end"] == [10.0, None]
    assert [len(row) for row in two["derivative"]["b"]] == [len(two["w"])] * 2
    four = answer("sensitivity --over b -3 -2 --x0 0.4 --x0 0.6 --t-end 1 --t-end 2 --json")
    assert np.shape(four["result"]["x"])[:2] == (2, 2)
    starts = answer("sensitivity --over x0 0 1 --json")["result"]
    assert (starts["x0"][0], starts["x0"][-1]) == (0.0, 1.0)


def test_of_the_map_by_the_recursion():
    """Against a loop in plain Python."""
    options = "--dynamics map --w -10 --b 5 --epsilon 0.8 --x0 0.2 --t-end 7 --input 0.25"
    result = answer(f"sensitivity {options} --input-weight 2 --wrt b --wrt epsilon --json")[
        "result"
    ]
    x, by_x0, by_b, by_epsilon = 0.2, 1.0, 0.0, 0.0
    for _ in range(7):
        level = 1.0 / (1.0 + math.exp(10.0 * x - 5.0))
        slope = level * (1.0 - level)
        factor = 0.2 - 8.0 * slope
        by_x0, by_b = factor * by_x0, factor * by_b + 0.8 * slope
        by_epsilon = factor * by_epsilon + level - x + 0.5
        x += 0.8 * (level - x + 0.5)
    assert result["x"] == pytest.approx(x)
    assert result["derivative"] == pytest.approx({"x0": by_x0, "b": by_b, "epsilon": by_epsilon})
    assert result["finite_difference"]["b"] == pytest.approx(by_b, rel=1e-4)
    assert result["over_t"]["t"] == list(range(8))


def test_beyond_the_range_of_a_double_the_logarithm_stands():
    result = answer("sensitivity --x0 0.5 --t-end 1e6 --json")["result"]
    assert result["derivative"]["x0"] is None
    assert result["log10_abs"]["x0"] == pytest.approx(1e6 / 4.0 / math.log(10.0))


def test_the_table_has_a_row_a_start_and_over_a_parameter_a_row_a_curve(here):
    lines = doya_("sensitivity --x0 0.5 --x0 0.6 -o a.csv").stdout.splitlines()
    names = ["x0", "x(T)", "dx/dx0", "dx/db", "finite diff.", "settled"]
    assert re.split(r"  +", lines[0]) == names
    settled = float(doya.settled_sensitivity(doya.NeuronODE(), 0.6, "b").derivative["b"])
    assert lines[1].split()[0::5] == ["0.5", "none"]
    assert lines[2].split()[0::5] == ["0.6", f"{settled:.6g}"]
    assert "  10^434  10^434  " in doya_("sensitivity --x0 0.5 --t-end 4000 -o a.csv").stdout
    lines = doya_("sensitivity --over b -3 -2 --t-end 10 --t-end 50 -o a.csv").stdout.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["0.5", "10"], ["0.5", "50"]]
    # Largest derivative, and where.
    assert float(lines[2].split()[-2]) == pytest.approx(math.expm1(12.5), rel=1e-5)
    assert lines[2].split()[-1] == "-2.5"


@pytest.mark.long
def test_a_notice_says_where_the_finite_difference_is_spoiled(here):
    """By a wall, or by rounding; nothing where it is not, or with --quiet."""
    notice = in_a_line(doya_("sensitivity --x0 0.5").stderr)
    quotient = doya.finite_difference(doya.NeuronODE(), 0.5, 50.0)
    assert notice == (
        "The finite difference with respect to b is inexact, because a wall is near. Here x(T)"
        f" changes by {quotient * 1e-6:.2g} between b and b + 1e-06, so"
        f" the finite difference is {quotient:.6g}, but |dx/db| is 268336."
        " Wrote doya-sensitivity.png"
    )
    notice = in_a_line(doya_("sensitivity --over b -3 -2").stderr)
    jumps, values = map(int, re.search(r"at (\d+) of (\d+) points", notice).groups())
    assert 0 < jumps < values
    assert "because a wall is near. For example, at b = -2.5, x(T) changes by" in notice
    notice = in_a_line(doya_("sensitivity --x0 0.6 --x0 0.5 -o a.csv").stderr)
    assert "at 1 of 2 starts, because a wall is near. For example, at x0 = 0.5, x(T)" in notice
    notice = in_a_line(doya_("sensitivity --x0 0.6 --x0 0.5 --over w 4.9 5.1 -o a.csv").stderr)
    assert "For example, at x0 = 0.5, T = 50, w = 5, x(T) changes by" in notice

    notice = in_a_line(doya_("sensitivity --x0 0.6 --wrt x0 --t-end 500").stderr)
    size = doya.sensitivity(doya.NeuronODE(), 0.6, 500.0, "x0").derivative["x0"]
    assert notice.startswith(
        "|dx/dx0| is less than the rounding error 1e-10 of the finite difference: it is as small"
        f" as {size:.6g}."
    )
    assert doya_("sensitivity --x0 0.6").stderr == "Wrote doya-sensitivity.png\n"
    assert doya_("sensitivity --quiet").output == ""


def rows_of(text):
    return list(csv.DictReader(line for line in text.splitlines() if line[0] != "#"))


def test_the_csv_has_curve_after_curve(here):
    rows = rows_of(doya_("sensitivity --x0 0.4 --x0 0.6 -o -").stdout)
    assert [*rows[0]][:4] == ["x0", "t", "x", "derivative_x0"]
    assert [row["x0"] for row in rows] == ["0.4"] * 200 + ["0.6"] * 200
    result = answer("sensitivity --over w 3 7 --t-end 10 --t-end 20 --json -o a.csv")["result"]
    rows = rows_of((here / "a.csv").read_text())
    assert [*rows[0]][:4] == ["x0", "t_end", "w", "x"]
    assert [float(row["w"]) for row in rows] == result["w"] * 2
    assert [float(row["t_end"]) for row in rows] == np.repeat([10.0, 20.0], len(rows) // 2).tolist()
    for kind in KINDS[:-1]:
        assert [float(row[f"{kind}_b"]) for row in rows] == np.ravel(result[kind]["b"]).tolist()


@pytest.mark.each_third
@pytest.mark.parametrize(
    "options",
    [
        "--x0 0.5 --x0 -0.5 --wrt b --wrt x0 --pulse 5 8 0.5 --pulse 25 28 -0.5",
        "--over b -3 -2 --t-end 10 --t-end inf --delta -1e-4",
        "--dynamics map --epsilon 0.3 --over w -2 9 --t-end 12 --input -0.1 --input-weight 2",
        "--dynamics map --over epsilon 0.1 1 --wrt epsilon --t-end 9 --points 30",
        "--over x0 -1 2 --w 6 --b -3",
    ],
)
def test_the_command_in_the_data_makes_it_again(here, options):
    assert made_again(f"sensitivity {options}")


FINITE = "must be finite, from -1e100 to 1e100, got"
BEYOND = "must be from -1e100 to 1e100, got"
WRONG = [
    ("--x0 nan", f"'--x0': x0 {FINITE} nan"),
    (
        "--over x0 0 1 --x0 1 --x0 2",
        "x0 must be one number for --over x0, got 2 numbers",
    ),
    ("--over x0 0 inf", f"'--over': x0 {FINITE} inf"),
    ("--over b -2 -3", "'--over': b needs LOW < HIGH, got -2 and -3: write --over b -3 -2"),
    ("--over b 0 1 --over w 0 1", "--over sweeps one parameter: give it once"),
    ("--over epsilon 0.1 1", "--over epsilon needs --dynamics map; the flow has no step"),
    ("--wrt epsilon", "--wrt epsilon needs --dynamics map; the flow has no step"),
    ("--wrt u", "'--wrt': 'u' is not one of 'b', 'w', 'x0', 'epsilon' .epsilon only .*"),
    ("--t-end 10 --t-end 50", "--t-end must be one finite time without --over, got 10 and 50: .*"),
    ("--t-end inf", "--t-end must be one finite time without --over, got inf: add --over, .*"),
    ("--t-end -1", "'--t-end': it must be a time from 0 to inf, got -1.0"),
    ("--dynamics map --t-end 1.5", "'--t-end': it must be a whole number of steps, .*got 1.5"),
    ("--dynamics map --over b 0 1 --t-end inf", "'--t-end': it must be a whole .* got inf"),
    ("--delta 0", "'--delta': delta must not be 0, got 0.0"),
    ("--delta nan", f"'--delta': delta {FINITE} nan"),
    ("--points 1", "'--points': it must be a whole number from 2 to 1000000, got 1"),
    ("--input u.csv", "'--input': 'u.csv' is not a number"),
    ("--input 1 --pulse 3 5 1", "--pulse and --input both define the input: choose one"),
    ("--input 1e100 --w 1e100", f"'--input': b . w w' u {BEYOND} .*"),
    ("--pulse 5 3 1", "'--pulse': pulses must each have 0 <= start < stop, got start 5.0 .*"),
    ("--epsilon 0.5", "--epsilon is the step of the map, and the flow has none: .*"),
]


@pytest.mark.parametrize(("options", "words"), WRONG, ids=[options for options, _ in WRONG])
def test_wrong_usage_is_one_sentence_exit_2_and_nothing_on_disk(here, options, words):
    assert refused(f"sensitivity {options}", words)


@pytest.mark.each_third
@pytest.mark.parametrize(
    "options",
    [
        "--t-end 0",
        "--t-end 1e300",
        "--x0 1e100 --x0 -1e100",
        "--w 1e100 --b -1e100",
        "--over b -1e100 1e100 --t-end inf",
        "--over b -2.5 -2.4999999999999996",
        "--over w -1e100 1e100 --wrt w",
        "--dynamics map --w -30 --b 10 --t-end 3000",
        "--dynamics map --w -100 --b 10 --epsilon 0.5 --over b 9 11",
        "--delta 100 --over b -3 -2",
    ],
)
def test_extremes_give_an_answer_and_a_picture(here, options):
    done = doya_(f"sensitivity {options}")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.endswith("Wrote doya-sensitivity.png\n")
