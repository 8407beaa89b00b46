"""The options --input, --input-weight and --over u of the commands about equilibria and orbits."""

import csv
import re

import pytest

import doya
from shell import answer, doya_, in_a_line


def test_equilibria_under_an_input_are_those_of_the_shifted_bias():
    """x = y + w' u, where y is an equilibrium with b + w w' u = -2.2: 0.04 * 1.5 = 0.06."""
    whole = answer("equilibria --input 0.04 --input-weight 1.5 --json")
    shifted = answer("equilibria --b -2.2 --json")["result"]["equilibria"]
    found = whole["result"]["equilibria"]
    assert (whole["parameters"]["input"], whole["parameters"]["input_weight"]) == (0.04, 1.5)
    assert [each["x"] for each in found] == pytest.approx([each["x"] + 0.06 for each in shifted])
    assert [each["stable"] for each in found] == [each["stable"] for each in shifted]


def test_bifurcate_over_the_input_lists_its_folds():
    """u = +-0.0311220677261375906 at w = 5, b = -2.5, in 40-digit arithmetic."""
    whole = answer("bifurcate --over u -0.1 0.1 --json")
    assert whole["parameters"]["over"] == ["u", -0.1, 0.1]
    assert whole["parameters"]["input"] is None
    points = whole["result"]["special_points"]
    assert [(each["kind"], each["parameter"], each["b"]) for each in points] == [
        ("LP", "u", -2.5), ("LP", "u", -2.5),
    ]  # fmt: skip
    folds = [0.0311220677261375906, -0.0311220677261375906]
    assert [each["value"] for each in points] == pytest.approx(folds, rel=1e-15)
    assert [each["u"] for each in points] == [each["value"] for each in points]
    table = doya_("bifurcate --over u -0.1 0.1 -o -").stdout
    rows = list(csv.DictReader(_without_comments(table)))
    assert list(rows[0]) == ["branch", "stable", "u", "x", "eigenvalue", "label"]
    assert next(row["u"] for row in rows if row["label"] == "LP") == repr(points[0]["value"])


def _without_comments(text):
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_bifurcate_under_an_input_moves_the_folds(here):
    """b* - w w' u = -2.3443897 - 5 * 2 * 0.3, and x is larger by 0.6."""
    done = doya_("bifurcate --input 0.3 --input-weight 2 -o a.svg")
    assert re.search(r"LP +-5\.34439 +0\.876393 ", done.stdout)
    assert "input u" not in (here / "a.svg").read_text()
    over = doya_("bifurcate --over w 0 20 --input -0.3 --b 0 --quiet --json")
    assert over.exit_code == 0
    # Under an input the bias at which folds over w end is another one than -2.
    assert "no fold" not in doya_("bifurcate --b 0 --over w -1 1 --input 0.3 -o a.csv").stdout
    assert "no fold: w must exceed 4" in doya_("bifurcate --w 3 --over u -1 1 -o a.csv").stdout


def test_regions_under_an_input_have_the_cusp_elsewhere():
    """(w, b) = (4, -2 - 4 w' u), inside the default window."""
    whole = answer("regions --input 0.3 --json")
    (cusp,) = whole["result"]["special_points"]
    assert cusp["b"] == pytest.approx(-3.2, rel=1e-15)
    assert cusp["u"] == whole["parameters"]["input"] == 0.3


def test_orbit_over_the_input_has_the_flip_of_the_fixed_point(here):
    """u = (b* - 10)/(w w'), where b* is the flip at w = -40, epsilon = 0.5 without input."""
    whole = answer(
        "orbit --w -40 --b 10 --epsilon 0.5 --over u 0.1 0.4 --points 60 --json -o a.csv"
    )
    flips = [each for each in whole["result"]["special_points"] if each["period"] == 1]
    biases = [
        point.value
        for point in doya.bifurcation_points(doya.NeuronMap(-40.0, epsilon=0.5))
        if -6.0 <= point.value <= 6.0
    ]
    assert [each["value"] for each in flips] == pytest.approx(
        [(bias - 10.0) / -40.0 for bias in biases], rel=1e-14
    )
    assert _without_comments((here / "a.csv").read_text())[0].startswith("u,row,start,period,")
    moved = answer("orbit --w -40 --b 10 --epsilon 0.5 --input 0.3 --over b 5 9 --points 9 --json")
    assert moved["parameters"]["input"] == 0.3


def test_sensitivity_over_the_input_finds_the_wall():
    """From x0 = 0.5 at b = -2.5 the wall is at u = 0."""
    whole = answer("sensitivity --over u -0.1 0.1 --points 20 --json")
    assert whole["parameters"]["input"] is None
    result = whole["result"]
    slope = result["derivative"]["b"]
    assert abs(result["u"][slope.index(max(slope))]) < 1e-6


def test_a_swept_input_has_no_value_of_its_own():
    """A notice says so."""
    for command in ("bifurcate --over u -0.1 0.1", "sensitivity --over u -0.1 0.1 --points 9"):
        done = doya_(f"{command} --input 0.5 --json")
        assert "--input has no effect, because u is swept." in in_a_line(done.stderr)


COMMANDS = ("equilibria", "bifurcate", "regions", "simulate", "sensitivity", "landscape", "train")


@pytest.mark.parametrize("command", [*COMMANDS, "orbit --points 9", "sweep x.zarr --check"])
def test_the_weight_and_the_place_of_an_input_without_one_have_no_effect(here, command):
    """A notice says so, unless there is --quiet, an input, or a sweep of it."""
    if "sweep" in command:
        command += " --quantity state --over b -3 -2 4"
    line = f"{command} {'--steps 2' * (command == 'train')} --json"
    for given, verb in (
        ("--input-weight 2", "has"),
        ("--input-to bias", "has"),
        ("--input-to bias --input-weight 2", "have"),
    ):
        named = "--input-weight and --input-to" if verb == "have" else given.split()[0]
        words = f"{named} {verb} no effect, because there is no input u."
        assert in_a_line(doya_(f"{line} {given}").stderr).startswith(words)
        assert doya_(f"{line} {given} --quiet").stderr == ""
        driven = doya_(f"{line} {given} --input 0.01")
        assert (driven.exit_code, "no effect" in driven.stderr) == (0, False), driven.stderr


@pytest.mark.parametrize(
    ("line", "is_idle"),
    [
        ("simulate --pulse 5 8 0.5", False),
        ("simulate --ramp 5 8 0 0.5", False),
        ("sensitivity --over u -0.1 0.1 --points 9", False),
        ("train --task latch --sequences 2 --length 4 --steps 2", False),
        ("train --task oscillate --noise 0.1 --length 4 --steps 2", False),
        ("train --task oscillate --length 4 --steps 2", True),
        ("simulate --input 0", True),
        ("landscape tanh w=1.2 h=0 --points 9", True),
        ("equilibria --input-to state", True),
        ("equilibria beer w=5 theta=-3 input=1 tau=1", True),
    ],
)
def test_pulses_ramps_sweeps_and_tasks_are_inputs(line, is_idle):
    done = doya_(f"{line} --input-weight 2 --json")
    assert done.exit_code == 0
    assert ("--input-weight has no effect, because there is no input u." in done.stderr) == is_idle


def test_the_command_that_data_hold_has_no_notice(here):
    """It gives each option, also --input-weight and --input-to at their defaults."""
    line = re.search("^# command: doya (.*)$", doya_("equilibria -o -").stdout, re.M).group(1)
    assert "--input-weight 1.0 --input-to state" in line
    assert doya_(f"{line} --json").stderr == ""


@pytest.mark.parametrize(
    ("command_line", "words"),
    [
        (
            "equilibria --input 1e100 --w 1e100",
            "'--input': b . w w' u must be from -1e100.*closer to 0",
        ),
        ("bifurcate --input 1e100 --w 1e50", "'--input': it must be closer to 0: all bifurcations"),
        ("regions --input 1e100", "'--input': b . w w' u must be from -1e100"),
        ("orbit --input nan", "'--input': it must be finite"),
        ("bifurcate --over u 0 1 --w 0", "--over u needs --w and --input-weight other than 0"),
        ("orbit --over u 0 1 --input-weight 0", "--over u needs --w and --input-weight other th"),
        ("sensitivity --over u 0 1 --w 0", "--over u needs --w and --input-weight other than 0"),
        ("sensitivity --over u 0 1 --pulse 1 2 3", "--pulse and --over u both define the input"),
        ("bifurcate --over u 0 1e101", "'--over': u must be from -1e100 to 1e100"),
    ],
)
def test_wrong_usage_is_one_sentence(here, command_line, words):
    """Exit 2, and nothing on disk."""
    done = doya_(command_line)
    assert (done.exit_code, done.stdout) == (2, "")
    assert re.search(words, in_a_line(done.stderr)), done.stderr
    assert list(here.iterdir()) == []
