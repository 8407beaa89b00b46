"""Commands in authors' letters: AUTHOR NAME=VALUE... in place of Doya's options."""

import csv
import json
import re
import shlex

import numpy as np
import pytest

import doya
from doya.conversions import AUTHORS
from doya_cli import usage
from promises import refused
from shell import answer, doya_

NEUROMATCH = "wilson-cowan w=5 theta=2.8 a=1.2 input=0.5"


def test_neuromatchs_fixed_points_and_folds_by_one_command(here):
    """Published: .042, .447, .900 with -.583, .498, -.626; the folds over I in 40 digits."""
    result = answer(f"bifurcate {NEUROMATCH} --json")["result"]
    assert [each["value"] for each in result["special_points"]] == pytest.approx(
        [0.813756875277463081, 0.121935357537362106], rel=1e-14
    )
    assert {each["parameter"] for each in result["special_points"]} == {"input"}
    states = [each["state"] for each in result["equilibria"]]
    assert states == pytest.approx(
        [0.0415366990133176482, 0.447119224089834466, 0.899717153856086567], rel=1e-13
    )
    assert [round(each["eigenvalue"], 3) for each in result["equilibria"]] == [
        -0.583, 0.498, -0.626,
    ]  # fmt: skip
    printed = doya_(f"bifurcate {NEUROMATCH} --quiet -o a.csv -o a.png").output
    assert printed == ""
    shown = doya_(f"bifurcate {NEUROMATCH} -o a.csv").stdout
    assert re.search(r"^kind +input +r +coefficient +meaning$", shown, re.M)
    assert re.search(r"^At input = 0.5:\nr +eigenvalue +stable\n0\.0415367 ", shown, re.M)


def test_equilibria_are_in_the_authors_state_and_time(here):
    """tau = 4 divides the eigenvalues by 4."""
    one, four = (
        answer(f"equilibria {NEUROMATCH} tau={tau} --json")["result"]["equilibria"]
        for tau in (1, 4)
    )
    for a, b in zip(one, four, strict=True):
        assert b["eigenvalue"] == pytest.approx(a["eigenvalue"] / 4, rel=1e-15)
        assert (a["state"], a["x"]) == (b["state"], b["x"])
    assert doya_(f"equilibria {NEUROMATCH} -o a.csv").stdout.splitlines()[0].split() == [
        "r", "eigenvalue", "stable",
    ]  # fmt: skip
    assert doya_("equilibria pascanu w=5 b=-2.5 -o a.csv").stdout.splitlines()[0].split()[:2] == [
        "a", "multiplier",
    ]  # fmt: skip


COMMANDS = [
    f"equilibria {NEUROMATCH}",
    "bifurcate tanh h=0.2 --over w 0 3",
    "bifurcate pasemann theta=1 w=-6 --over gamma 0 1",
    "bifurcate aihara k=0.7 alpha=1 epsilon=0.1 --over u -0.1 0.1 a=0.3",
    "simulate tanh w=2 h=0.1 epsilon=0.5 --x0 0.3 --t-end 9",
    "simulate tanh-flow w=2 h=0.1 tau=3 --x0 0.3 --t-end 9 --points 4",
    "orbit pasemann theta=1 w=-6 --over gamma 0 1 --points 9",
    "sensitivity tanh h=0.2 --x0 -0.5 --wrt w --over w 0.5 3 --points 20",
    "sensitivity tanh-flow w=2 h=0.1 tau=3 --wrt tau --t-end 9 --points 9",
    "landscape tanh w=1.25 --x0 0 --target 0.9 --over h -0.2 0.2 --points 9",
    "landscape tanh-flow tau=3 --t-end 9 --over w 1.1 2 --over h -0.2 0.2 --points 5",
]


@pytest.mark.each_third
@pytest.mark.parametrize("words", COMMANDS)
def test_the_command_in_the_data_makes_it_again(here, words):
    """Its author and letters are in the parameters, and the swept letter is not."""
    assert doya_(f"{words} -o a.csv --quiet").output == ""
    text = (here / "a.csv").read_text()
    command_line = re.search("^# command: doya (.*)$", text, re.M).group(1)
    assert doya_(f"{command_line} -o -").stdout == text
    parameters = json.loads(re.search("^# parameters: (.*)$", text, re.M).group(1))
    typed = dict(word.split("=") for word in shlex.split(command_line) if "=" in word)
    assert {name: float(value) for name, value in typed.items()} == parameters["letters"]
    assert parameters["author"] == words.split()[1]
    assert "w" not in parameters
    if "over" in parameters:
        over = parameters["over"]
        swept = [each[0] for each in over] if isinstance(over[0], list) else over[:1]
        assert not {*swept} & {*parameters["letters"]}


def test_states_and_times_of_simulate_are_the_authors(here):
    """Against final_state of the converted start and time."""
    tanh = doya.from_tanh_flow(2.0, 0.1, 3.0)
    result = answer(
        "simulate tanh-flow w=2 h=0.1 tau=3 --x0 0.3 --x0 -0.5 --t-end 9 --points 4 --json"
    )["result"]
    assert result["t"] == pytest.approx([0.0, 3.0, 6.0, 9.0], rel=1e-15)
    x = doya.final_state(tanh.neuron, tanh.to_state(np.array([0.3, -0.5])), tanh.to_time(9.0))
    assert result["final"] == pytest.approx(tanh.from_state(x).tolist(), rel=1e-14)
    assert [row[0] for row in result["state"]] == pytest.approx([0.3, -0.5], rel=1e-15)
    shown = doya_("simulate tanh-flow w=2 h=0.1 --x0 0.3 -o a.csv").stdout
    assert shown.splitlines()[0].split()[:3] == ["y0", "final", "y"]


@pytest.mark.parametrize(
    "words",
    [
        "wilson-cowan w=5 theta=2.8 a=1.2",
        "pascanu w=5 b=-2.4",
        "aihara k=0.5 alpha=2 a=1.3 epsilon=0.4",
    ],
)
def test_the_first_state_is_the_given_one(words, here):
    """To the last bit, although x has rounded it."""
    starts = [round(0.05 * k, 2) for k in range(1, 16)]
    line = f"simulate {words} --t-end 3 --cross 0.4 " + " ".join(f"--x0 {x}" for x in starts)
    result = answer(f"{line} --json -o a.csv -o a.nc")["result"]
    assert [row[0] for row in result["state"]] == starts
    assert [each["x0"] for each in result["crossings"]] == starts
    with open("a.csv", encoding="utf-8") as file:
        rows = [*csv.DictReader(row for row in file if not row.startswith("#"))]
    (own,) = rows[0].keys() - {"x0", "t", "u"}
    assert [float(row[own]) for row in rows if float(row["t"]) == 0.0] == starts
    xarray = pytest.importorskip("xarray")
    with xarray.open_dataset("a.nc", engine="scipy") as found:
        assert found["state"][:, 0].values.tolist() == starts


def test_the_orbit_over_gamma_has_pasemanns_flip(here):
    """gamma = 0.2237 in 40 digits; the data hold the states a."""
    done = doya_("orbit pasemann theta=1 w=-6 --over gamma 0 1 --points 11 -o a.csv -o a.json")
    assert re.search(r"^PD +0\.223709 +flip", done.stdout, re.M)
    lines = (here / "a.csv").read_text().splitlines()
    rows = list(csv.DictReader(line for line in lines if line[0] != "#"))
    assert {"gamma", "x", "state"} <= set(rows[0])
    first = [float(row["state"]) for row in rows if float(row["gamma"]) == 0.0][:2]
    low, high = sorted(first)
    assert 1.0 - 6.0 / (1.0 + np.exp(-low)) == pytest.approx(high, rel=1e-9)
    (flip,) = json.loads((here / "a.json").read_text())["result"]["special_points"]
    assert flip["value"] == pytest.approx(0.223708504412485897, rel=1e-13)


def test_sensitivities_are_those_of_the_authors_state_and_letters(here):
    """tanh at h = 0 from a = 0: da/dh after 3 steps is 1 + 1.2 + 1.44, and da/da0 is 1.2**3."""
    words = "sensitivity tanh w=1.2 h=0 --x0 0 --t-end 3"
    result = answer(f"{words} --json")["result"]
    assert result["derivative"]["h"] == pytest.approx(3.64, rel=1e-14)
    assert result["derivative"]["x0"] == pytest.approx(1.2**3, rel=1e-14)
    assert (result["x0"], result["state"], result["t_end"]) == (0.0, 0.0, 3.0)
    shown = doya_(words).stdout.splitlines()[0]
    assert re.split("  +", shown) == ["a0", "a(T)", "da/da0", "da/dh", "finite diff.", "settled"]
    over = answer("sensitivity tanh h=0.2 --x0 -0.5 --wrt w --over w 0.5 3 --json")["result"]
    middle = len(over["w"]) // 2
    tanh = doya.from_tanh(over["w"][middle], 0.2)
    alone = doya.sensitivity(tanh, tanh.to_state(-0.5), 50, "w")
    assert over["state"][middle] == pytest.approx(float(alone.state), rel=1e-12)
    assert over["derivative"]["w"][middle] == pytest.approx(float(alone.derivative["w"]), rel=1e-10)


def test_the_wall_over_a_letter_and_the_loss_of_the_authors_state(here):
    """tanh from a = 0: the wall is at h = 0, and beside it a settles at 1.25 tanh(a)."""
    words = "landscape tanh w=1.25 --x0 0 --target 0.9 --over h -0.2 0.2"
    result = answer(f"{words} --json")["result"]
    (wall,) = result["walls"]
    a = 0.9
    for _ in range(400):
        a = 1.25 * np.tanh(a)
    assert (wall["kind"], wall["h"]) == ("boundary", 0.0)
    assert wall["below"] == pytest.approx((0.9 + a) ** 2, rel=1e-12)
    assert wall["above"] == pytest.approx((0.9 - a) ** 2, rel=1e-9)
    curve = result["curve"]
    np.testing.assert_allclose(curve["loss"], (0.9 - np.array(curve["state"])) ** 2, rtol=1e-10)
    assert result["minimum"]["loss"] == 0.0
    assert re.search(r"^kind +h +loss jump as h rises", doya_(words).stdout, re.M)


def test_times_of_sensitivities_are_the_authors(here):
    """T = 9 is Doya's 3 for tau = 3; the data hold the author's times."""
    words = "sensitivity tanh-flow w=2 h=0.1 tau=3 --x0 0.3 --wrt h --wrt tau --t-end 9 --points 4"
    result = answer(f"{words} --json")["result"]
    assert result["over_t"]["t"] == pytest.approx([0.0, 3.0, 6.0, 9.0], rel=1e-15)
    tanh = doya.from_tanh_flow(2.0, 0.1, 3.0)
    found = doya.sensitivity(tanh, tanh.to_state(0.3), 3.0)
    for name in ("x0", "h", "tau"):
        assert result["derivative"][name] == pytest.approx(float(found.derivative[name]), rel=1e-13)


ALREADY = "tanh already defines the neuron: remove --{}"
WRONG = [
    ("equilibria tanh w=2 h=0 --w 3", ALREADY.format("w")),
    ("bifurcate tanh w=2 h=0 --b 3", ALREADY.format("b")),
    ("simulate tanh w=2 h=0 --dynamics map", ALREADY.format("dynamics")),
    ("orbit tanh w=2 h=0 --epsilon 0.5", ALREADY.format("epsilon")),
    ("equilibria tanh h=0.2", "w is missing; tanh needs w=NUMBER h=NUMBER .epsilon=NUMBER."),
    ("equilibria tahn w=1 h=0", "'tahn' is not one of 'pascanu', .*; did you mean 'tanh'.*"),
    (
        "equilibria h=0 w=1",
        "AUTHOR is missing before 'h=0': write .*tanh-flow h=0 w=1 .tanh has .*",
    ),
    ("equilibria pascanu w=1 b=0 --input 0.1", "'--input': it must be 0 for Pascanu's neuron, .*"),
    ("bifurcate tanh h=0.2 --over b 0 3", "'b' is not one of 'w', 'h', 'epsilon', 'u'.*"),
    ("bifurcate tanh h=0.2 --over epsilon 0 1", "epsilon must be from 1e-100 to 1, got 0.0"),
    (
        "bifurcate pasemann theta=1 w=-6 --over gamma 0 1.5",
        "gamma must be at least 0 and less than 1, got 1.5",
    ),
    (f"bifurcate {NEUROMATCH} --over tau 1 2", "it must not be 'tau': it is the unit of time.*"),
    (f"bifurcate {NEUROMATCH} --over theta 1 2", "it must not be 'theta' for Wilson and .*"),
    (
        f"bifurcate {NEUROMATCH} --animate w 3 7 -o a.gif",
        "--animate needs Doya's parameters: remove AUTHOR and its letters",
    ),
    ("orbit tanh-flow w=2 h=0", "orbit needs --dynamics map. The flow ends in equilibria: .*"),
    ("orbit tanh w=-9 h=0 --over h 0 1 --x0 0.1", "--x0 needs Doya's parameters: .*"),
    ("simulate tanh w=2 h=0 -o a.gif", "animations need Doya's parameters: .*"),
    (
        "network tanh w=2 h=0",
        "doya network takes Doya's parameters only: doya convert tanh w=2 h=0 lists them",
    ),
    (
        "landscape tanh w=2 h=0 --over u 0 1 --hessian",
        "--hessian and --over u need Doya's parameters: remove AUTHOR and its letters",
    ),
    (
        "landscape tanh w=2 h=0 --over x0 0 1",
        "--over x0 needs Doya's parameters: remove AUTHOR and its letters",
    ),
    ("sensitivity pascanu w=5 b=-2 --over u 0 1", "'--input': it must be 0 .*, got an input: .*"),
    ("sensitivity tanh w=2", "h is missing; tanh needs w=NUMBER h=NUMBER .epsilon=NUMBER."),
    (
        "sensitivity tanh w=2 h=0 --order 2 --input 1",
        "--input and --order need Doya's parameters: remove AUTHOR and its letters",
    ),
    ("sensitivity beer w=1 theta=0 input=0 tau=1 --wrt b", "'b' is not one of 'w', 'theta', .*"),
    (
        "sensitivity beer theta=0 input=0 tau=1 --over w -1 1",
        "w must not be 0 within the range, since the author's state y does not .*",
    ),
    (
        "simulate tanh w=2 h=0 --pulse 1 2 3",
        "--pulse, --ramp and --input need Doya's parameters: .*",
    ),
]


def test_the_authors_of_an_error_are_the_librarys():
    """The list that needs no import of the library."""
    assert tuple(AUTHORS) == usage.AUTHORS


@pytest.mark.parametrize(("words", "sentence"), WRONG, ids=[words for words, _ in WRONG])
def test_wrong_usage_is_one_sentence(here, words, sentence):
    assert refused(words, sentence)


PASEMANN, TANH, BEER = "pasemann theta=1 w=5", "tanh w=1 h=0", "beer w=5 theta=-3 input=0"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"landscape {PASEMANN} --task latch --over gamma 0 1", "gamma must be at least 0 .*1.0"),
        (f"landscape {PASEMANN} --over gamma 0 1", "gamma must be at least 0 and less than 1.*1.0"),
        (
            f"sweep x.zarr {PASEMANN} --over gamma 0 1 5 --quantity state",
            "gamma must be at least 0 and less than 1, got 1.0",
        ),
        ("landscape pasemann theta=1 gamma=0.3 --over w -1 1", "w must not be 0 within .* -1 to 1"),
        ("sensitivity pasemann theta=1 gamma=0.3 --over w -1 1", "w must not be 0 within .* to 1"),
        (f"bifurcate {BEER} --over tau 1 2", "it must not be 'tau': it is the unit .*"),
        (f"landscape {BEER} --over tau 1 2", "it must not be 'tau': it is the unit .*"),
        (f"landscape {BEER} --over b 1 2", "'b' is not one of 'w', 'theta', 'input'"),
        (f"landscape {TANH} --over b 1 2", "'b' is not one of 'w', 'h', 'epsilon'"),
        (f"bifurcate {BEER} --over b 1 2", "'b' is not one of 'w', 'theta', 'input', 'u'"),
        (f"sensitivity {BEER} --over b 1 2", "'b' is .*, 'input', 'tau', 'u', 'x0'"),
        (
            "regions beer tau=1 --over theta 0 1 --over input 0 1",
            "it must have one of w, .* input",
        ),
        ("landscape tanh h=0 --over w -1e100 1e100", "4 w must be from -1e100 to .* -4e.100"),
        (
            "landscape aihara k=0.5 a=0.3 epsilon=0.1 --over alpha 1e-100 1e100",
            ".*alpha / .* must be from -1e100 to 1e100, got -1.005.*",
        ),
    ],
)
def test_an_error_about_the_range_of_a_letter_names_over_and_no_index(here, line, words):
    """The library's index counts values that no command line has."""
    assert refused(line, f"Invalid value for '--over': {words}")
    assert " index " not in doya_(line).stderr


def test_an_error_about_the_number_of_cells_over_letters_names_points(here):
    line = "landscape tanh --over h 0 1 --over w 1 2 --points 1000000"
    assert refused(line, "Invalid value for '--points': it asks for 1000000 x 1000000 cells, .*")
    line = "landscape pasemann gamma=2 w=1 --over theta 0 1"
    assert refused(line, "gamma must be at least 0 .* 2.0; pasemann needs .* w=NUMBER")
