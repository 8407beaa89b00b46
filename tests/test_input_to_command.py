"""--input-to and --ramp of the commands that take an input."""

import pytest

import doya
from shell import answer, doya_, in_a_line

COMMANDS = ("equilibria", "bifurcate", "regions", "orbit", "simulate", "sensitivity", "landscape")


@pytest.mark.parametrize("command", [*COMMANDS, "train"])
def test_every_command_with_an_input_says_where_it_goes(command):
    """The option is among the help and among the parameters of the answer."""
    assert "--input-to [state|bias]" in doya_(f"{command} --help").stdout
    done = doya_(f"{command} --input-to inside")
    assert done.exit_code == 2
    assert "'inside' is not one of 'state', 'bias'" in done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "equilibria --input 0.2",
        "bifurcate --input 0.2",
        "regions --input 0.2 --points 20",
        "orbit --input 0.2 --points 5",
        "simulate --input 0.2 --t-end 5",
        "sensitivity --input 0.2 --t-end 5 --points 5",
        "landscape --input 0.2 --t-end 5 --points 5",
        "train --input 0.2 --t-end 5 --steps 2",
    ],
)
def test_the_input_inside_is_honoured(line):
    """The answer differs from that with the input outside, and names the option."""
    inside, outside = (answer(f"{line} --input-to {to} --json") for to in ("bias", "state"))
    assert inside["parameters"]["input_to"] == "bias"
    assert inside["result"] != outside["result"]


def test_equilibria_are_those_of_the_library():
    """Under the input 0.2 inside sigma."""
    found = answer("equilibria --w 6 --b -3 --input 0.2 --input-to bias --json")["result"]
    want = doya.equilibria(doya.NeuronODE(6.0, -3.0, input_to="bias"), 0.2)
    assert [each["x"] for each in found["equilibria"]] == want.x.tolist()


def test_a_sweep_of_an_input_without_effect_is_refused():
    """Inside sigma only the weight of the input counts."""
    done = doya_("bifurcate --over u -1 1 --input-to bias --input-weight 0")
    assert "with w' = 0 the input does not change the bias b + w' u" in done.stderr
    assert doya_("bifurcate --w 0 --over u -1 1 --input-to bias --quiet -o -").exit_code == 0


def test_a_ramp_is_an_input_of_the_shell():
    """x(160) and x(256) of THEORY.md section 11, b(t) = -3 + t/256."""
    line = "simulate --w 5 --b -3 --x0 0.0625 --t-end 256 --points 9 --input-to bias"
    found = answer(f"{line} --ramp 0 256 0 1 --json")
    assert found["parameters"]["ramp"] == [0.0, 256.0, 0.0, 1.0]
    assert found["result"]["final"][0] == pytest.approx(0.93527925731894349, rel=1e-13)
    assert found["result"]["u"][:3] == [0.0, 0.125, 0.25]
    assert found["result"]["equilibria_u"] == 1.0


@pytest.mark.parametrize(
    "line",
    [
        "sensitivity --ramp 1 4 0 0.4 --t-end 5 --points 5",
        "landscape --ramp 1 4 0 0.4 --t-end 5 --points 5",
        "train --ramp 1 4 0 0.4 --t-end 5 --steps 2",
        "simulate --ramp 1 4 0 0.4 --t-end 5 --dynamics map",
    ],
)
def test_every_command_with_pulses_takes_a_ramp(line):
    """The answer differs from that without the ramp."""
    without = line.replace(" --ramp 1 4 0 0.4", "")
    assert answer(f"{line} --json")["result"] != answer(f"{without} --json")["result"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--ramp 5 2 0 1", "STOP must be greater than start, got start 5.0 and stop 2.0"),
        ("--ramp -1 2 0 1", "START must be a finite time, at least 0, got -1.0"),
        ("--ramp 1 inf 0 1", "STOP must be a finite time, at least 0, got inf"),
        ("--ramp 1 2 0 1e200", "HIGH must be from -1e100 to 1e100, got 1e+200"),
        ("--ramp 1 2 0", "--ramp takes 4 values, START STOP LOW HIGH, for example"),
        ("--ramp 1 2 0 x", "'x' is not a number. --ramp takes 4 values"),
        ("--ramp 1 2 0 1 --pulse 1 2 3", "--pulse and --ramp both define the input"),
        ("--ramp 1 2 0 1 --input 3", "--ramp and --input both define the input"),
        ("--ramp 1 2 0 1 --method rk4", "must be 'formula' for --ramp"),
    ],
)
def test_wrong_ramps_are_refused_in_one_sentence(options, words):
    """Exit code 2, and the words on standard error."""
    done = doya_(f"simulate {options}")
    assert done.exit_code == 2
    assert words in in_a_line(done.stderr)
    assert done.stderr.count("Error") == 1


def test_a_ramp_that_does_not_begin_is_mentioned():
    """It starts after the end of the run."""
    done = doya_("simulate --ramp 60 70 0 1 --quiet -o -")
    assert done.exit_code == 0
    done = doya_("simulate --ramp 60 70 0 1 -o -")
    assert "The ramp from 60 to 70 does not begin: the run ends at T = 50." in done.stderr
