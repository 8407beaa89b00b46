import csv
import math
import re
import signal
import sys
import time

import numpy as np
import pytest

import doya
from doya_cli import progress
from promises import made_again, refused
from shell import answer, doya_, in_a_line

# |dL/db| of the geometric model at T = 50, by references/largest.py.
LARGEST = 211044.303
SURFACE = (
    "--dynamics map --epsilon 1 --x0 0.6224593312018546 --target 0.7 --t-end 50"
    " --over w 4.5 5.5 --over b -2.9 -1.9"
)


def test_json_holds_the_pinned_keys_as_numbers_over_one_parameter(here):
    """The geometric model: closed forms at T = infinity, references/largest.py at T = 50."""
    whole = answer("landscape --over b -3 -2 --json")
    assert whole["parameters"]["over"] == [["b", -3.0, -2.0]]
    result = whole["result"]
    (wall,) = result["walls"]
    x = doya.equilibria(doya.NeuronODE()).x
    assert (wall["kind"], wall["b"], wall["over"]) == ("boundary", -2.5, "b")
    assert wall["below"] == pytest.approx((0.855 - x[0]) ** 2)
    assert wall["above"] == pytest.approx((0.855 - x[2]) ** 2)
    assert wall["jump"] == wall["above"] - wall["below"]
    assert wall["largest_gradient"] == pytest.approx(LARGEST, rel=1e-5)
    assert (wall["status"], wall["message"]) == (0, "The largest gradient was found.")
    assert 0.0 < -2.5 - wall["at"] < wall["width"] < 1e-5
    assert result["minimum"] == {"b": pytest.approx(-2.4998985744, abs=5e-11), "loss": 0.0}
    assert result["minimum_is_refined"]
    assert result["minimum_on_grid"]["loss"] > 0.0
    largest = result["max_gradient"]
    assert largest["on_grid"] < 1.0
    assert largest["value"] == pytest.approx(LARGEST, rel=1e-5)
    assert largest["at"] == {"b": pytest.approx(-2.5, abs=1e-6)}
    curve = result["curve"]
    assert set(curve) == {"b", "loss", "x", "gradient_b"}
    assert np.abs(curve["gradient_b"]).max() == pytest.approx(LARGEST, rel=1e-5)
    assert list(here.iterdir()) == []


def test_over_two_parameters_walls_are_lists():
    """Pascanu's error surface: its wall is b = 0.5 - 0.6225 w, x(0) = sigma(0.5) = 0.6225.

    The largest gradient, at w = 4.5, is that of references/largest.py.
    """
    result = answer(f"landscape {SURFACE} --points 30 --json")["result"]
    (wall,) = result["walls"]
    w, b = np.array(wall["w"]), np.array(wall["b"])
    np.testing.assert_allclose(b, 0.5 - 0.6224593312018546 * w, rtol=1e-13)
    assert {len(wall[key]) for key in ("below", "above", "jump", "at", "status", "message")} == {
        w.size
    }
    assert wall["largest_gradient"][0] == pytest.approx(157.007202808, rel=1e-5)
    assert set(result["minimum"]) == {"w", "b", "loss"}
    assert result["minimum"] == result["minimum_on_grid"]
    assert (result["minimum_is_refined"], result["curve"]) == (False, None)
    assert set(result["max_gradient"]["at"]) == {"w", "b"}


def test_the_default_range_has_the_folds_and_any_parameter_may_be_swept():
    assert answer("landscape --w 8 --json")["parameters"]["over"] == [
        ["b", *doya.bifurcation_diagram(doya.NeuronODE(8.0)).between]
    ]
    (wall,) = answer("landscape --over x0 0 1 --json")["result"]["walls"]
    assert wall["x0"] == pytest.approx(0.5)
    (wall,) = answer("landscape --over w 4.5 5.5 --json")["result"]["walls"]
    assert wall["w"] == pytest.approx(5.0)
    both = answer("landscape --dynamics map --over epsilon 0.1 1 --over b -3 -2 --points 9 --json")
    assert both["parameters"]["epsilon"] is both["parameters"]["b"] is None
    (wall,) = both["result"]["walls"]
    assert {*wall["b"]} == {-2.5}


def test_after_an_infinite_time_the_gradient_on_the_wall_is_null():
    (wall,) = answer("landscape --t-end inf --json")["result"]["walls"]
    assert (wall["largest_gradient"], wall["status"]) == (None, 2)


def test_the_table_has_minimum_walls_and_the_grid_against_refinement(here):
    lines = doya_("landscape --over b -3 -2 -o a.csv").stdout.splitlines()
    assert re.split("  +", lines[0]) == ["minimum", "loss", "at b"]
    assert re.split("  +", lines[1])[0] == "on the grid"
    assert re.split("  +", lines[2]) == ["refined", "0", "-2.4999"]
    del lines[:1]
    assert re.split("  +", lines[3]) == [
        *("kind", "b", "loss jump as b rises", "largest gradient", "at b"),
    ]
    assert lines[4].split()[:2] == ["boundary", "-2.5"]
    assert " ".join(lines[6:8]) == (
        "At T = infinity the loss jumps from 0.504392 to 4.23914e-08 as b rises past -2.5."
    )
    size, at = map(float, re.split("  +", lines[10])[1:])
    assert lines[10].startswith("on the grid  ")
    loss = doya.loss_landscape(doya.NeuronODE(5.0), {"b": np.linspace(-3, -2, 200)})
    steepest = np.abs(loss.gradient["b"]).argmax()
    assert size == pytest.approx(abs(loss.gradient["b"][steepest]), rel=1e-5)
    assert at == pytest.approx(loss.axes["b"][steepest], rel=1e-5)
    assert float(re.split("  +", lines[11])[1]) == pytest.approx(LARGEST, rel=1e-5)
    assert "no wall for b from -3 to -2" in doya_("landscape --w 3 --over b -3 -2 -o a.csv").stdout
    # Each wall at both its ends.
    lines = doya_("landscape --over x0 0 1 --over b -3 -2 --points 9 -o a.csv").stdout.splitlines()
    assert lines[1].startswith("on the grid")
    assert lines[2] == ""  # the minimum over two parameters is not refined
    kinds = [line.split()[0] for line in lines[4:10]]
    assert kinds == ["fold", "fold", "boundary", "boundary", "fold", "fold"]


@pytest.mark.long
def test_a_notice_tells_of_walls_that_are_too_narrow(here):
    """Of less than 100 units in the last place; with 4 >= w there is nothing to mind."""
    assert in_a_line(doya_("landscape --t-end 150").stderr) == (
        "The wall is too thin for floating-point numbers to show its largest gradient (less than"
        " 100 ulp). Shorten --t-end to widen the wall. Wrote doya-landscape.png"
    )
    options = "--over b -3 -2 --over w 4.9 5.1 --t-end 150 --points 3"
    notice = doya_(f"landscape {options}").stderr.splitlines()[0]
    thin, size = map(
        int, re.match(r"At (\d+) of (\d+) points the wall is too thin", notice).groups()
    )
    assert 0 < thin <= size
    assert doya_("landscape --w 3").stderr == "Wrote doya-landscape.png\n"
    assert doya_("landscape --t-end 150 --quiet").output == ""


@pytest.mark.parametrize("points", [50, 201])
@pytest.mark.parametrize("t_end", [20.0, 50.0, math.inf])
def test_data_over_one_parameter_resolve_the_wall_at_any_number_of_points(here, points, t_end):
    """references/largest.py; at T = infinity a row without numbers stands between the limits."""
    text = doya_(f"landscape --over b -3 -2 --points {points} --t-end {t_end} -o -").stdout
    rows = list(csv.DictReader(line for line in text.splitlines() if line[0] != "#"))
    b, loss, slope = (
        np.array([float(row[k]) for row in rows]) for k in ("b", "loss", "gradient_b")
    )
    assert set(np.linspace(-3.0, -2.0, points)) <= set(b)
    if math.isinf(t_end):
        (gap,) = np.flatnonzero(np.isnan(loss))
        assert b[gap] == -2.5
        assert loss[[gap - 1, gap + 1]] == pytest.approx([0.5043924, 4.239e-8], rel=1e-4)
    else:
        largest = {20.0: 116.056, 50.0: LARGEST}[t_end]
        assert np.abs(slope).max() == pytest.approx(largest, rel=1e-4)


def test_the_csv_over_two_parameters_has_a_row_a_cell(here):
    text = doya_("landscape --over b -3 -2 --over w 4 6 --points 5 -o -").stdout
    rows = list(csv.DictReader(line for line in text.splitlines() if line[0] != "#"))
    assert [*rows[0]] == ["b", "w", "loss", "x", "gradient_b", "gradient_w"]
    value = {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
    assert value["w"][:5].tolist() == [4.0, 4.5, 5.0, 5.5, 6.0]
    assert value["b"].tolist() == np.repeat(np.linspace(-3.0, -2.0, 5), 5).tolist()
    x = doya.final_state(doya.NeuronODE(value["w"], value["b"]), 0.5, 50.0)
    np.testing.assert_allclose(value["loss"], (0.855 - x) ** 2, atol=1e-15)
    slopes = doya.sensitivity(doya.NeuronODE(value["w"], value["b"]), 0.5, 50.0).derivative
    for name in ("b", "w"):
        np.testing.assert_allclose(value[f"gradient_{name}"], 2 * (x - 0.855) * slopes[name])


@pytest.mark.each_third
@pytest.mark.parametrize(
    "options",
    [
        "--over b -3 -2 --t-end inf --target 0.7",
        f"{SURFACE} --points 5 --surface",
        "--over x0 0 1 --pulse 5 8 0.5 --pulse 25 28 -0.5 --t-end 45 --points 9",
        "--dynamics map --over epsilon 0.1 1 --input 0.1 --input-weight 2 --points 9",
    ],
)
def test_the_command_in_the_data_makes_it_again(here, options):
    assert made_again(f"landscape {options}")


FINITE = "must be finite, from -1e100 to 1e100, got"
BEYOND = "must be from -1e100 to 1e100, got"
WRONG = [
    ("--target nan", f"'--target': target {FINITE} nan"),
    ("--x0 inf", f"'--x0': x0 {FINITE} inf"),
    ("--t-end -1", "'--t-end': it must be a time from 0 to inf, got -1.0"),
    ("--dynamics map --t-end inf", "'--t-end': it must be a whole .* got inf"),
    ("--over b -2 -3", "'--over': b needs LOW < HIGH, got -2 and -3: write --over b -3 -2"),
    ("--over b 0 1 --over b 2 3", "'--over': b is given twice; give each parameter once"),
    ("--over b 0 1 --over w 0 1 --over x0 0 1", "--over sweeps one or two .*: give it at most .*"),
    (
        "--over target 0 1",
        "'--over': 'target' is not one of 'b', 'w', 'x0', 'epsilon', 'u', .* .epsilon only .*",
    ),
    ("--over epsilon 0.1 1", "--over epsilon needs --dynamics map; the flow has no step"),
    ("--surface", "--surface needs two parameters: give --over twice"),
    ("--points 1", "'--points': it must be a whole number from 2 to 1000000, got 1"),
    ("--over b 0 1 --over w 0 1 --points 1000000", "'--points': .* 1000000 x 1000000 cells, .*"),
    ("--input 1 --pulse 3 5 1", "--pulse and --input both define the input: choose one"),
    ("--input 1e100 --w 1e100", f"'--input': b . w w' u {BEYOND} .*"),
    ("--epsilon 0.5", "--epsilon is the step of the map, and the flow has none: .*"),
]


@pytest.mark.parametrize(("options", "words"), WRONG, ids=[options for options, _ in WRONG])
def test_wrong_usage_is_one_sentence_exit_2_and_nothing_on_disk(here, options, words):
    assert refused(f"landscape {options}", words)


@pytest.mark.each_third
@pytest.mark.parametrize(
    "options",
    [
        "--t-end 0",
        "--t-end 1e300",
        "--x0 1e100 --target -1e100",
        "--w 1e100 --b -1e100",
        "--over b -1e100 1e100 --over w -1e100 1e100 --points 9",
        "--over b -2.5 -2.4999999999999996",
        "--over x0 -1e100 1e100 --t-end 0",
        "--dynamics map --w -100 --b 10 --epsilon 0.5 --over b 9 11",
    ],
)
def test_extremes_give_an_answer_and_a_picture(here, options):
    done = doya_(f"landscape {options}")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.endswith("Wrote doya-landscape.png\n")


def test_a_file_of_the_input_is_read_as_for_simulate(here):
    (here / "u.csv").write_text("t,u\n0,0\n5,0.5\n8,0\n")
    from_file = answer("landscape --input u.csv --x0 0.145 --points 9 --json")["result"]
    assert from_file == answer("landscape --pulse 5 8 0.5 --x0 0.145 --points 9 --json")["result"]


class Terminal:
    """Standard error as far as a bar needs it."""

    def __init__(self):
        self.text = ""

    def isatty(self):
        return True

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_a_bar_appears_on_a_terminal_if_it_takes_long_and_is_wiped(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress.progress(quiet=False) as tell:
        tell(0.5)
    assert terminal.text == ""
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with progress.progress(quiet=False) as tell:
        tell(0.5)
    assert f"\r[{'#' * 15}{'-' * 15}]  50%" in terminal.text
    assert terminal.text.endswith(" \r")


def test_a_bar_appears_even_if_nothing_is_told_and_none_if_quiet(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "PATIENCE", 0.01)
    with progress.progress(quiet=False):
        for _ in range(1000):  # a busy machine needs longer
            if terminal.text:
                break
            time.sleep(0.01)
    assert terminal.text.startswith(f"\r[{'-' * 30}]   0%")
    terminal.text = ""
    with progress.progress(quiet=True) as tell:
        tell(0.5)
        time.sleep(0.1)
    assert terminal.text == ""


@pytest.mark.long
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer that sends a signal")
def test_an_interrupted_landscape_leaves_nothing(here):
    """SIGINT amidst 90,000 cells of 100,000 steps: exit 1, one sentence, no file.

    Not while the kernel is loaded: llvmlite would keep its lock, on which other threads wait, and
    only in a process of its own does the command end for certain.
    """
    options = "--dynamics map --over epsilon 0.01 1 --over b -3 -2 --points 300"
    assert doya_(f"landscape {options} --t-end 1 -o - --quiet").exit_code == 0
    before = signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        done = doya_(f"landscape {options} --t-end 100000 -o a.png -o a.csv")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.strip() == "Error: interrupted."
    assert list(here.iterdir()) == []
