"""An unknown name is answered with the nearest known names."""

import re

import pytest

from doya.conversions import AUTHORS
from doya_cli.suggestions import did_you_mean, near
from shell import doya_

MEANT = [
    ("bifurcate --dynamics mapp", "'mapp' is not one of 'flow', 'map'; did you mean 'map'?"),
    ("bifurcate --dynamics ODE", "'ODE' is not one of 'flow', 'map'; did you mean 'flow'?"),
    ("bifurcate --dynamics x", "'x' is not one of 'flow', 'map'. See"),
    (
        "bifurcate --over bias 0 1",
        "'bias' is not one of 'b', 'w', 'epsilon', 'u' (epsilon only with --dynamics map);"
        " did you mean 'b'?",
    ),
    ("figures memory --dark", "No such option '--dark'; did you mean --style?"),
    ("train --hlep", "Error: No such option '--hlep'; did you mean --help?\n"),
    ("--hlep", "Error: No such option '--hlep'; did you mean --help?\n"),
    ("--verson", "Error: No such option '--verson'; did you mean --version? See doya --help.\n"),
    ("--hlep train", "'--hlep'; options come after the command, as in doya train --hlep"),
    ("train --rule sgd", "did you mean 'gradient'?"),
    ("train --task lach", "did you mean 'latch'?"),
    ("train --learn weight", "did you mean 'w'?"),
    ("sensitivity --wrt eps", "did you mean 'epsilon'?"),
    ("simulate --method rk45", "did you mean 'dop853'?"),
    ("network --weights xavier", "did you mean 'glorot'?"),
    ("network --activation sigmoid", "did you mean 'logistic'?"),
    ("figures memory --format jpng", "did you mean 'png'?"),
    ("figures memry", "'memry' is not a figure; did you mean 'memory'? See"),
    ("figures remedy", "did you mean 'remedies'?"),
    ("convert paseman w=5", "'tanh-flow', 'tanh'; did you mean 'pasemann'"),
    ("convert pasemann gama=5", "pasemann has no letter 'gama'; did you mean 'gamma'? pasemann"),
    ("equilibria -o x.jpg", "or - for CSV on standard output; did you mean '.png'?"),
    ("equilibria -o x.eps", "did you mean '.pdf'?"),
    ("convert -o x.npy", "did you mean '.npz'?"),
    (
        "simulate --x0 0.4 0.6",
        "'0.6' belongs to no option; repeat the option for several values: --x0 0.4 --x0 0.6.",
    ),
    ("train --learn b w --steps 3", "several values: --learn b --learn w."),
    ("explore --learn b w", "several values: --learn b --learn w."),
    ("equilibria -o a.png b.csv", "several values: -o a.png -o b.csv."),
    ("train --optimizer adam", "No such option '--optimizer'; did you mean --rule?"),
    ("train --optimiser adam", "did you mean --rule?"),
    ("flip", "did you mean 'bifurcate'?"),
    ("cycle", "did you mean 'orbit'?"),
    ("attractor", "did you mean 'orbit'?"),
    ("bifur", "No such command 'bifur'; did you mean 'bifurcate'?"),
    (
        "convert gamma=0.5",
        "AUTHOR is missing before 'gamma=0.5': write for example doya convert pasemann"
        " gamma=0.5 theta=1 w=1.",
    ),
    (
        "convert k=0.5 a=1",
        "AUTHOR is missing before 'k=0.5': write for example doya convert aihara k=0.5 a=1 alpha=1"
        " epsilon=1.",
    ),
    (
        "equilibria h=0 w=1",
        "write for example doya equilibria tanh-flow h=0 w=1 (tanh has these letters too).",
    ),
    (
        "convert w=5 b=-2",
        "AUTHOR is missing before 'w=5': write for example doya convert pascanu w=5 b=-2; or"
        " write --w 5 --b -2.",
    ),
    (
        "regions w=5 b=-2",
        "AUTHOR is missing before 'w=5': write for example doya regions pascanu w=5 b=-2. See",
    ),
    (
        "regions w=5",
        "AUTHOR is missing before 'w=5': write for example doya regions pascanu w=5 b=",
    ),
    (
        "convert gama=0.5",
        "AUTHOR is missing before 'gama=0.5': write one of pascanu (w, b), pasemann (gamma,"
        " theta, w), aihara (k, alpha, a, epsilon), beer (w, theta, input, tau),"
        " wilson-cowan (w, theta, a, input, tau), tanh-flow (w, h, tau), tanh (w, h, epsilon).",
    ),
]


@pytest.mark.parametrize(("line", "words"), MEANT, ids=[line for line, _ in MEANT])
def test_a_name_near_an_unknown_one_is_suggested(here, line, words):
    done = doya_(line)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert list(here.iterdir()) == []


def test_the_command_of_an_error_can_be_typed(here):
    """Each letter alone, in a command that takes authors: what the error writes works."""
    for author, letters in {each: AUTHORS[each].letters for each in AUTHORS}.items():
        for letter in letters:
            said = doya_(f"convert {letter}=0.5").stderr
            line = re.search(r"write for example doya ([^;(]*?)(\.? See| \(|;)", said)
            assert line, (author, said)
            assert doya_(line[1]).exit_code == 0, line[1]


def test_nearest_names_come_first_and_far_ones_not_at_all():
    known = ("learning-rate", "learn", "steps", "step")
    assert near("LEARNING_RATE", known) == ["learning-rate"]
    assert near("lr", known) == ["learning-rate"]
    assert near("stp", known)[0] == "step"
    assert near("zebra", known) == []
    assert did_you_mean("zebra", known) == ""
    assert did_you_mean("lear", known) == "; did you mean 'learning-rate' or 'learn'?"
