import csv
import math
import os
import re
import subprocess
import sys

import numpy as np
import pytest

import doya
from doya_cli.commands import simulate
from promises import made_again, refused
from shell import answer, doya_, in_a_line

SET_AND_RESET = "--x0 0.145 --pulse 5 8 0.5 --pulse 25 28 -0.5"


def table_of(text):
    rows = list(csv.reader(line for line in text.splitlines() if line[0] != "#"))
    return {name: np.array(column, float) for name, *column in zip(*rows, strict=True)}


def test_json_holds_the_pinned_keys_with_one_entry_a_start(here):
    result = answer("simulate --x0 0.4 --x0 0.6 --t-end 10 --json")["result"]
    assert {"t", "x", "final"} <= set(result)
    assert (result["t"][0], result["t"][-1], len(result["t"])) == (0.0, 10.0, 201)
    assert [len(x) for x in result["x"]] == [201, 201]
    assert result["x0"] == [x[0] for x in result["x"]] == [0.4, 0.6]
    assert result["final"] == [x[-1] for x in result["x"]]
    assert result["final"] == pytest.approx([0.16813313, 0.83186687], abs=1e-8)
    assert [each["stable"] for each in result["equilibria"]] == [True, False, True]
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("dynamics", ["flow", "map --epsilon 0.3"])
def test_a_pulse_sets_the_memory_and_another_resets_it(dynamics):
    """At rest in the low state, then in the high one, then in the low one again."""
    result = answer(f"simulate {SET_AND_RESET} --t-end 90 --dynamics {dynamics} --json")["result"]
    t, (x,) = np.array(result["t"]), np.array(result["x"])
    low, unstable, _ = (each["x"] for each in result["equilibria"])
    before, between, after = (x[t == time][0] for time in (5.0, 25.0, 90.0))
    assert before == pytest.approx(low, abs=1e-3)
    assert between > unstable + 0.2
    assert after == pytest.approx(low, abs=1e-3)
    u = dict(zip(result["t"], result["u"], strict=True))
    assert [u[time] for time in (0.0, 5.0, 8.0, 25.0, 28.0)] == [0.0, 0.5, 0.0, -0.5, 0.0]


def test_the_map_is_iterated_step_by_step():
    """Against a loop in plain Python."""
    options = "--dynamics map --w -10 --b 5 --epsilon 0.8 --x0 0.2 --t-end 7 --input 0.25"
    result = answer(f"simulate {options} --input-weight 2 --json")["result"]
    x = [0.2]
    for _ in range(7):
        x.append(0.2 * x[-1] + 0.8 / (1.0 + math.exp(10.0 * x[-1] - 5.0)) + 0.8 * 2.0 * 0.25)
    assert result["t"] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert result["x"][0] == pytest.approx(x, rel=1e-13)


def test_at_infinity_every_start_is_on_its_equilibrium():
    result = answer("simulate --x0 0.4 --x0 0.5 --x0 7 --t-end inf --json")["result"]
    assert result["final"] == [each["x"] for each in result["equilibria"]]
    assert result["t"][-1] is None


@pytest.mark.parametrize(
    ("method", "order"), [("euler", 1), ("rk4", 4), ("dop853", None), ("formula", None)]
)
def test_every_method_comes_to_the_same_end(method, order):
    """Within the error of its order."""
    step = "--step 0.01" if order else ""
    options = f"--x0 0.3 --x0 0.7 --t-end 3 --method {method} {step} --json"
    exact = doya.final_state(doya.NeuronODE(), [0.3, 0.7], 3.0)
    assert answer(f"simulate {options}")["result"]["final"] == pytest.approx(
        exact, abs=0.01**order if order else 1e-10
    )


def test_the_methods_are_the_librarys():
    assert doya.trajectory_checks.METHODS == simulate.METHODS
    assert set(simulate.STEPPED) == set(doya.trajectory_checks.ORDER)


def test_points_are_evenly_spread_and_joined_by_the_jumps_of_the_input():
    options = "--t-end 9 --points 4 --pulse 1.5 30 0.1"
    assert answer(f"simulate {options} --json")["result"]["t"] == [0.0, 1.5, 3.0, 6.0, 9.0]
    steps = answer("simulate --method euler --t-end 1 --step 0.25 --json")["result"]["t"]
    assert steps == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_the_csv_has_the_start_of_each_row_if_there_are_several(here):
    """As that of `doya sensitivity`: one trajectory after another."""
    one = table_of(doya_("simulate --x0 0.5 -o -").stdout)
    assert list(one) == ["t", "u", "x"]
    result = answer(f"simulate {SET_AND_RESET} --x0 -0.5 --json -o a.csv")["result"]
    two = table_of((here / "a.csv").read_text())
    assert list(two) == ["x0", "t", "u", "x"]
    assert two["x0"].tolist() == [x0 for x0 in result["x0"] for _ in result["t"]]
    assert two["t"].tolist() == 2 * result["t"]
    assert two["u"].tolist() == 2 * result["u"]
    assert two["x"].tolist() == [x for row in result["x"] for x in row]


def test_the_table_says_where_each_start_has_come_to(here):
    printed = doya_("simulate --x0 0.4 --x0 2 --t-end inf -o a.csv").stdout
    rows = [line.split() for line in printed.splitlines()]
    low, _, high = map("{:.6g}".format, doya.equilibria(doya.NeuronODE()).x)
    assert rows[1] == ["0.4", low, low, "yes", "0"]
    assert rows[2] == ["2", high, high, "yes", "0"]
    driven = doya_(f"simulate {SET_AND_RESET} -o a.csv").stdout
    assert "nearest equilibrium at u = 0" in driven


@pytest.mark.parametrize(
    "options",
    [
        f"{SET_AND_RESET} --w 6 --b -3 --x0 -0.5",
        "--t-end inf --pulse 1 inf 0.01",
        "--dynamics map --epsilon 0.3 --t-end 12 --input -0.1 --input-weight 2",
        "--method euler --step 0.3 --t-end 5",
        "--method rk4 --points 7",
        "--input u.csv --t-end 20",
    ],
)
def test_the_command_in_the_data_makes_it_again(here, options):
    (here / "u.csv").write_text("t,u\n1,0.5\n")
    assert made_again(f"simulate {options}")


TABLES = {
    "plain": "0,0.0\n5,0.5\n8,0\n25,-0.5\n28,0\n",
    "with header": "t,u\n5,0.5\n8,0\n25,-0.5\n28,0\n",
    "of any names": "time, input\n5, 0.5\n8, 0\n25, -0.5\n28, 0\n",
    "with comments": "\ufeff# made by hand\n\nt,u\r\n5,0.5\n  # up\n8,0\n25,-0.5\n\n28,0",
    "quoted": '"t","u"\n"5","0.5"\n8, "0"\n25,-0.5\n28,0\n',
    "among others": "x,u,t\n9,0.5,5\n9,0,8\n9,-0.5,25\n9,0,28\n",
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("dynamics", ["flow", "map"])
def test_a_table_of_the_input_is_the_pulses_it_holds(here, dynamics, text):
    (here / "u.csv").write_text(text, encoding="utf-8")
    options = f"--t-end 40 --dynamics {dynamics} --json"
    read = answer(f"simulate --x0 0.145 --input u.csv {options}")
    assert read["result"] == answer(f"simulate {SET_AND_RESET} {options}")["result"]


def test_what_doya_wrote_can_be_an_input(here):
    """Its columns t and u are found by their names; with several starts those of the first."""
    assert doya_(f"simulate {SET_AND_RESET} -o first.csv").exit_code == 0
    assert doya_(f"simulate {SET_AND_RESET} --x0 0.6 -o two.csv").exit_code == 0
    first = table_of((here / "first.csv").read_text())
    for name in ("first.csv", "two.csv"):
        again = table_of(doya_(f"simulate --x0 0.145 --input {name} -o -").stdout)
        assert again["u"].tolist() == first["u"].tolist()
        assert again["x"] == pytest.approx(first["x"], abs=1e-13)


@pytest.mark.parametrize("text", ["0.5\n0\n-0.5\n", "u\n0.5\n0\n-0.5\n"])
def test_the_map_takes_one_value_a_step(here, text):
    (here / "u.csv").write_text(text)
    found = answer("simulate --x0 0.5 --dynamics map --t-end 3 --input u.csv --json")["result"]
    neuron = doya.NeuronMap()
    assert found["final"] == [doya.final_state(neuron, 0.5, 3, u=np.array([0.5, 0.0, -0.5]))]
    assert found["u"][:3] == [0.5, 0.0, -0.5]


HELP = "See doya simulate --help."
ODD = [
    ("", "'u.csv': the file holds no numbers"),
    ("t,u\n", "'u.csv': the file holds no numbers"),
    ("0,1,2\n", "'u.csv': the columns must be t and u, got 3 columns"),
    ("1\n", "'u.csv': the columns must be t and u, got 1 column"),
    ("u\n1\n", "'u.csv': the columns must be t and u, got 1 column"),
    ("t,u\n# so\n0,1\n1\n", "'u.csv', line 4: the columns number 1, but 2 in the first line"),
    ("t;u\n0;1\n", "'u.csv': line 1 has semicolons between its columns; use commas"),
    ("t\tu\n0\t1\n", "'u.csv': line 1 has tabs between its columns; use commas"),
    ("0,0;0,5\n", "'u.csv': line 1 has semicolons between its columns; use commas"),
    ("t u\n0 1\n", "'u.csv': line 1 has blanks between its columns; use commas"),
    ("0 1\n", "'u.csv': line 1 has blanks between its columns; use commas"),
    ("0,1\n\n1,up\n", "'u.csv', line 3: 'up' is not a number"),
    ("0,1\n1,1_0\n", "'u.csv', line 2: '1_0' is not a number"),
    ("0,1\n1,\u0662\n", "'u.csv', line 2: '\u0662' is not a number"),
    (f'0,1\n"{200_000 * "1"}', "'u.csv': line 2: field larger than field limit (131072)"),
    ("0,1\n1,\n", "'u.csv', line 2: '' is not a number"),
    ("0,1\n1,nan\n", "'u.csv', line 2: u must be finite, from -1e100 to 1e100, got nan"),
    ("0,1\n2,0\n2,1\n", "'u.csv', line 3: t must increase from line to line, got 2.0 after 2.0"),
    ("-1,1\n", "'u.csv', line 1: t must be finite and at least 0, got -1.0"),
    ("inf,1\n", "'u.csv', line 1: t must be finite and at least 0, got inf"),
]


@pytest.mark.parametrize(("text", "words"), ODD)
def test_an_odd_table_is_one_sentence_with_its_line(here, text, words):
    (here / "u.csv").write_text(text)
    done = doya_("simulate --input u.csv")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"Error: Invalid value for '--input': {words}. {HELP}\n"


def test_as_many_values_as_steps_or_an_error(here):
    (here / "u.csv").write_text("1\n0\n")
    done = doya_("simulate --dynamics map --t-end 3 --input u.csv")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.endswith(
        f"'--input': it must have 3 values, one for each step of the map, got 2. {HELP}\n"
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--dynamics map --t-end 9", "1 of 4 rows of 'u.csv' has no effect: the map reads the"),
        (
            "--dynamics map --t-end 5",
            "3 of 4 rows of 'u.csv' have no effect: the run ends at T",
        ),
        ("--t-end 2", "3 of 4 rows of 'u.csv' have no effect: the run ends at T = 2."),
        ("--t-end 9", ""),
        ("--t-end 8", ""),
    ],
)
def test_rows_of_a_file_that_no_state_depends_on_are_noticed(here, options, words):
    """Between two steps of the map, and after the end; a row at the end itself is no surprise."""
    (here / "u.csv").write_text("0,1\n5.2,0\n5.8,1\n8,2\n")
    done = doya_(f"simulate --input u.csv {options} --json")
    assert done.exit_code == 0
    assert in_a_line(done.stderr).startswith(words)
    assert bool(done.stderr) == bool(words)


def test_a_file_that_cannot_be_read_is_exit_1(here):
    (here / "u.csv").write_bytes(b"\xff\xfe\x00")
    for name, words in (
        ("none.csv", "cannot read 'none.csv': No such file or directory. Check the path"),
        (".", "cannot read '.': Is a directory"),
        ("u.csv", "'u.csv' is not text in UTF-8"),
    ):
        for command in ("simulate --input", "network --matrix"):
            if command.endswith("input") or name.endswith(".csv"):
                done = doya_(f"{command} {name}")
                option = command.split()[1]
                assert (done.exit_code, done.stderr) == (1, f"Error: {option}: {words}.\n")
    assert [path.name for path in here.iterdir()] == ["u.csv"]


FINITE = "must be finite, from -1e100 to 1e100, got"
BEYOND = "must be from -1e100 to 1e100, got"
WRONG = [
    ("--x0 five", "'--x0': 'five' is not a number"),
    ("--x0 0.5 --x0 nan", f"'--x0': x0 {FINITE} nan"),
    ("--t-end -1", "'--t-end': it must be a time from 0 to inf, got -1.0"),
    ("--t-end nan", "'--t-end': it must be a time from 0 to inf, got nan"),
    ("--t-end soon", "'--t-end': 'soon' is not a number"),
    (
        "--t-end inf --method rk4",
        "'--t-end': it must be finite for the method 'rk4', got inf: give a finite time",
    ),
    (
        "--t-end 1e9 --method rk4",
        "'--step': at most 1000000 steps are allowed, so with --t-end 1e.09 the length of a step"
        " must be at least 1000, got 0.1. Use .*",
    ),
    ("--pulse 5 3 1", "'--pulse': pulses must each have 0 <= start < stop, got start 5.0 .*"),
    ("--pulse -1 3 1", "'--pulse': pulses must each have 0 <= start < stop, got start -1.0 .*"),
    ("--pulse 3 5 nan", f"'--pulse': amplitude {FINITE} nan"),
    (
        "--pulse 3 5",
        "--pulse takes 3 values, .*; got --pulse 3 5: AMPLITUDE is missing",
    ),
    ("--input nan", f"'--input': it {FINITE} nan"),
    ("--input 1 --pulse 3 5 1", "--pulse and --input both define the input: choose one"),
    ("--input-weight inf", f"'--input-weight': it {FINITE} inf"),
    ("--input 1e100 --w 1e100", f"b . w w' u {BEYOND} .*"),
    ("--points 1", "'--points': it must be a whole number from 2 to 1000000, got 1"),
    ("--step 0.1", "--step needs --method euler or rk4"),
    ("--step 0.1 --method dop853", "--step needs --method euler or rk4"),
    ("--step 0 --method euler", "'--step': step must be a positive, finite number, got 0.0"),
    ("--method exact", "'--method': 'exact' is not one of 'formula', 'euler', 'rk4', 'dop853'"),
    ("--epsilon 0.5", "--epsilon is the step of the map, and the flow has none: .*"),
    ("--dynamics map --t-end 1.5", "'--t-end': it must be a whole number of steps, .*got 1.5"),
    ("--dynamics map --t-end inf", "'--t-end': it must be a whole number of steps, .*got inf"),
    ("--dynamics map --t-end 1e15", "'--t-end': the map shows every step, .* at most 1000000, .*"),
    ("--dynamics map --method rk4", "'--method': method is for the flow only, got 'rk4'.*"),
    (
        "--dynamics map --points 9",
        "--points is for the flow. The map shows every step: remove --points",
    ),
]


@pytest.mark.parametrize(("options", "words"), WRONG, ids=[options for options, _ in WRONG])
def test_wrong_usage_is_one_sentence_exit_2_and_nothing_on_disk(here, options, words):
    assert refused(f"simulate {options}", words)


def test_a_trajectory_that_is_lost_is_exit_1(here):
    """A step longer than 2 makes Euler's method overflow, from all but the equilibrium."""
    done = doya_("simulate --method euler --step 30 --t-end 9000 --x0 0.5 --x0 0.6")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: x0 = 0.6: The input or the state is not finite."
        " Give an input that is finite until --t-end, or take shorter steps.\n"
    )
    assert list(here.iterdir()) == []


@pytest.mark.each_third
@pytest.mark.parametrize(
    "options",
    [
        "--t-end 1e300",
        "--t-end 0",
        "--t-end 0 --method dop853",
        "--t-end 0 --dynamics map --pulse 0 1 0.5",
        "--x0 1e100 --x0 -1e100",
        "--w 1e100 --b -1e100 --x0 3",
        "--dynamics map --t-end 3000 --w -30 --b 10",
        "--t-end inf --pulse 5 8 0.5",
        "--pulse 60 70 0.5",
        "--pulse 49 60 1e99 --x0 1",
    ],
)
def test_extremes_give_an_answer_and_a_picture(here, options):
    done = doya_(f"simulate {options}")
    assert done.exit_code == 0
    said = "The pulse from .* has no effect: .*\n" * ("pulse 0 1" in options or "60 70" in options)
    assert re.fullmatch(f"{said}Wrote doya-simulate.png\n", done.stderr)


def test_negative_numbers_are_numbers_and_not_options():
    line = "simulate --w -1 --b -2 --x0 -0.5 --pulse 5 8 -0.5 --input-weight -1 --json"
    parameters = answer(line)["parameters"]
    assert [parameters[name] for name in ("w", "b", "x0", "input_weight")] == [-1, -2, [-0.5], -1]
    assert parameters["pulse"] == [[5.0, 8.0, -0.5]]


COUNTING = """
import sys
from doya.kernels.machinery import compilation
from doya.kernels.machinery import running
from doya_cli.main import main

running.START = running.MAKE = 0.1  # seconds of interpreting that are worth it
main(sys.argv[1:], standalone_mode=False)
print(len(running._makers), len(compilation._machine_code), file=sys.stderr)
"""
# 0.3 seconds in the interpreter, by one kernel.
EULER = "simulate --method euler --step 1e-3 --x0 0.2 --x0 0.4 --x0 0.6 --x0 0.8 -o a.npz --quiet"


@pytest.mark.long
@pytest.mark.machine_code
def test_a_second_process_compiles_nothing(tmp_path):
    """The first has its kernels made by other processes; the next loads them from the disk.

    On one processor the first waits for them; on more the interpreter might be done before.
    """
    compilations = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", COUNTING, *EULER.split()],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "DOYA_NUM_THREADS": "1"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        compilations.append(done.stderr.split()[-2:])
    assert compilations == [["1", "1"], ["0", "1"]]
