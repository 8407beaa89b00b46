import csv
import json
import re

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import doya
from doya_cli import tables
from doya_cli.main import COMMANDS, main
from shell import OF_A_NEURON, answer, doya_, in_a_line

UPPER, LOWER = -2.344389661369312, -2.655610338630688


def test_the_main_job_prints_the_folds_and_writes_the_picture(here):
    done = doya_("bifurcate --w 5")
    assert done.exit_code == 0
    assert re.findall(r"^LP +(-\d\.\d+)", done.stdout, re.M) == [
        f"{point.value:.6g}" for point in doya.bifurcation_points(doya.NeuronODE(5.0))
    ]
    assert done.stderr == "Wrote doya-bifurcate.png\n"
    assert [path.name for path in here.iterdir()] == ["doya-bifurcate.png"]
    assert (here / "doya-bifurcate.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_json_of_bifurcate_holds_the_pinned_keys(here):
    whole = answer("bifurcate --w 5 --json")
    assert list(whole) == ["command", "version", "parameters", "result"]
    assert (whole["command"], whole["version"]) == ("bifurcate", doya.__version__)
    assert whole["parameters"]["over"] == ["b", -3.0, -2.0]
    first, second = whole["result"]["special_points"]
    assert list(first) == [
        *("kind", "parameter", "value", "x", "w", "b", "epsilon", "coefficient", "u"),
    ]
    assert first["value"] == pytest.approx(UPPER, rel=1e-15)
    assert first["x"] == pytest.approx(0.27639320225002103, rel=1e-15)
    assert second["value"] == pytest.approx(LOWER, rel=1e-15)
    assert second["x"] == pytest.approx(0.72360679774997897, rel=1e-15)
    assert first["epsilon"] is None
    ends = [(b["stable"], b["from"], b["to"]) for b in whole["result"]["branches"]]
    assert ends == [
        (True, -3.0, first["value"]),
        (False, first["value"], second["value"]),
        (True, second["value"], -2.0),
    ]
    assert list(here.iterdir()) == []


def test_json_of_equilibria_and_regions_holds_the_pinned_keys():
    found = answer("equilibria --w 5 --b -2.5 --json")["result"]
    assert found["count"] == 3
    assert [list(each) for each in found["equilibria"]] == [["x", "eigenvalue", "stable"]] * 3
    assert [each["stable"] for each in found["equilibria"]] == [True, False, True]
    plane = answer("regions --json --over w 3 6")["result"]
    assert [point["kind"] for point in plane["special_points"]] == ["CP"]
    assert {"kind", "w", "b", "x"} <= set(plane["curves"][0])
    assert max(plane["curves"][0]["w"]) == pytest.approx(6.0)


def test_the_map_flips_along_every_parameter():
    for options in ("--w -10", "--b 3 --over w -20 0", "--w -10 --b 3 --over epsilon 0.1 1"):
        whole = answer(f"bifurcate --dynamics map --epsilon 0.8 {options} --json")
        kinds = {point["kind"] for point in whole["result"]["special_points"]}
        assert kinds == {"PD"}


def test_regions_of_the_map_show_its_flips_by_default():
    kinds = [c["kind"] for c in answer("regions --dynamics map --json")["result"]["curves"]]
    assert kinds == ["LP", "LP", "PD", "PD"]


def test_the_data_marks_the_folds_at_the_ends_of_their_branches():
    rows = list(
        csv.DictReader(
            line for line in doya_("bifurcate -o -").stdout.splitlines() if line[0] != "#"
        )
    )
    marked = [(row["branch"], row["b"], row["x"]) for row in rows if row["label"] == "LP"]
    assert [branch for branch, *_ in marked] == ["1", "2", "2", "3"]
    assert marked[0][1:] == marked[1][1:]
    assert marked[2][1:] == marked[3][1:]
    assert len(rows) == 600


FINITE = "must be finite, from -1e100 to 1e100, got"
STEP = "epsilon must be from 1e-100 to 1, got"
WRONG = [
    ("bifurcate --w nan", f"'--w': w {FINITE} nan"),
    ("bifurcate --w inf", f"'--w': w {FINITE} inf"),
    ("bifurcate --w five", "'--w': 'five' is not a number"),
    ("bifurcate --w 1e101", "'--w': w must be from -1e100 to 1e100, got 1e.101"),
    (
        "bifurcate --over b -2 -3",
        "'--over': b needs LOW < HIGH, got -2 and -3: write --over b -3 -2",
    ),
    ("bifurcate --over b -2 -2", "'--over': b needs LOW < HIGH, got -2 and -2"),
    (
        "bifurcate --over b 1.00000000001 1",
        "'--over': b needs .* got 1.00000000001 and 1: write --over b 1 1.00000000001",
    ),
    ("bifurcate --over b nan 0", f"'--over': b {FINITE} nan"),
    (
        "bifurcate --over q 0 1",
        "'--over': 'q' is not one of 'b', 'w', 'epsilon', 'u' .epsilon only with --dynamics map.",
    ),
    (
        "bifurcate --over b 1",
        "--over takes 3 values, NAME LOW HIGH, .* --over b -3 -2; got --over b 1",
    ),
    ("bifurcate --over b -3 --w 5", "--over takes .*; got --over b -3: HIGH is missing"),
    ("bifurcate --over --w 5", "got --over: NAME, LOW and HIGH are missing"),
    ("bifurcate --over b zero 1 --over b 0 1", "--over takes 3 values,.* got --over b zero 1"),
    (
        "bifurcate --over b -3..-2",
        "--over takes 3 values.*; got --over b -3..-2: write --over b -3 -2",
    ),
    ("bifurcate --over b zero 1", "'--over': 'zero' is not a number"),
    ("regions --over w 4", "--over takes 3 values, NAME LOW HIGH, for example --over w 4 7; got"),
    (
        "simulate --pulse 5 8",
        "--pulse takes 3 values, START STOP AMPLITUDE, .* --pulse 5 8 0.5; got",
    ),
    ("simulate --pulse 5 8 --b -2", "got --pulse 5 8: AMPLITUDE is missing"),
    ("simulate --pulse 5 -o a.png", "got --pulse 5: STOP and AMPLITUDE are missing"),
    ("simulate --w --b 1", "--w needs a number, for example --w 5.0, but the option --b follows"),
    (
        "bifurcate --dynamics --b 1",
        "--dynamics needs flow or map, for example --dynamics flow, but the option --b",
    ),
    ("bifurcate --b 1 -o", "-o needs a value, PATH, but none follows"),
    ("bifurcate --b 1 -o --json", "-o needs a value, PATH, but the option --json follows"),
    ("bifurcate --w 5,5", "'--w': '5,5' is not a number; write 5.5"),
    (
        "bifurcate --b \u22122.5",
        "'--b': '\u22122.5' begins with the character U.2212, not with the minus of the keyboard:"
        " write -2.5",
    ),
    ("bifurcate --w=5_0", "'--w': '5_0' is not a number; write 50"),
    ("bifurcate --points 1_0", "'--points': it must be a whole number from 2 to 1000000, got 1_0"),
    ("bifurcate -w 5", "No such option '-w'; did you mean --w"),
    ("bifurcate --weight 5", "No such option '--weight'; did you mean --w"),
    ("train --lr 5", "No such option '--lr'; did you mean --learning-rate"),
    ("train --learning_rate 5", "did you mean --learning-rate"),
    ("bifurcate --ove b 1 2", "'--ove'; did you mean --over"),
    (
        "bifurcate w=5",
        "belongs to no option; did you mean --w 5, or w=5 after the name of an AUTHOR.",
    ),
    ("bifurcate w 5", "'w' belongs to no option; did you mean --w 5"),
    ("bifurcate five", "'five' is not one of 'pascanu', 'pasemann', .*"),
    ("network five", "'five' belongs to no option: doya network takes options only"),
    ("simulate --input 0,5", "'--input': '0,5' is not a number; write 0.5. No file has this name"),
    ("figures memory -o x.png", "'x.png' is the name of a file, .* --format png"),
    ("bifurcate --over b 0 1 --over w 0 1", "--over sweeps one parameter: give it once"),
    ("bifurcate --over epsilon 0.1 1", "--over epsilon needs --dynamics map"),
    ("bifurcate --dynamics map --over epsilon 0 1", f"'--over': {STEP} 0.0"),
    ("bifurcate --points 0", "'--points': it must be a whole number from 2 to 1000000, got 0"),
    ("bifurcate --points 2.5", "'--points': it must be a whole number from 2 to 1000000, got 2.5"),
    ("bifurcate --epsilon 0", f"'--epsilon': {STEP} 0.0"),
    ("bifurcate --epsilon 1.5", f"'--epsilon': {STEP} 1.5"),
    ("bifurcate --epsilon nan", f"'--epsilon': {STEP} nan"),
    ("bifurcate --epsilon 0.5", "--epsilon is the step of the map"),
    ("bifurcate --dynamics chaos", "--dynamics.* 'chaos' is not one of 'flow', 'map'"),
    (
        "bifurcate -o picture.bmp",
        r"-o.* 'picture.bmp'.* \.svg, \.pdf, .*\.csv, \.json, \.npz, .* mean '.png'",
    ),
    ("bifurcate -o picture", "'picture' has no suffix"),
    ("bifurcate --json -o -", "--json and -o - both print"),
    ("bifurcate --colour", "No such option"),
    ("train --clip", r"--clip needs a value, NUMBER\|auto, but none follows"),
    ("equilibria --b nan", f"'--b': b {FINITE} nan"),
    ("equilibria --epsilon 0.5", "--epsilon is the step of the map"),
    ("regions --over w 3 4 --over w 5 6", "'--over': w is given twice; give each parameter once"),
    ("regions --over b 2 1", "'--over': b needs LOW < HIGH"),
    ("regions --over epsilon 0 1", "'epsilon' is not one of 'w', 'b'"),
]


@pytest.mark.parametrize(("command_line", "words"), WRONG, ids=[line for line, _ in WRONG])
def test_wrong_usage_is_one_sentence_exit_2_and_nothing_on_disk(here, command_line, words):
    done = doya_(command_line)
    assert done.exit_code == 2
    assert re.fullmatch(rf"Error: .*{words}.* See doya \S+ --help\.\n", done.stderr)
    assert done.stdout == ""
    assert list(here.iterdir()) == []


NOTICES = [
    ("--b -7", "--b has no effect, because b is swept."),
    ("--w 4 --w 5", "--w is given 2 times; only the last, 5.0, is used."),
    ("--b -2 --over b -3 -2", "--b has no effect, because b is swept."),
    (
        "--over b -3 -2 --pulse 60 70 1",
        "The pulse from 60 to 70 has no effect: the run ends at T = 50.",
    ),
    (
        "--dynamics map --pulse 5.2 5.8 1 --pulse 5.2 6.1 1",
        "The pulse from 5.2 to 5.8 has no effect: the map reads the input at whole steps only.",
    ),
]


@pytest.mark.parametrize(("options", "words"), NOTICES)
def test_a_value_without_effect_is_noticed(here, options, words):
    """On standard error, and not with --quiet."""
    done = doya_(f"landscape {options} --points 3 -o a.csv")
    assert done.exit_code == 0
    assert in_a_line(done.stderr).startswith(f"{words} ")
    assert doya_(f"landscape {options} --points 3 -o a.csv --quiet").output == ""


def test_help_comes_also_after_an_option_that_lacks_a_value(here):
    for options in ("--pulse 5 8", "--b"):
        done = doya_(f"simulate {options} --help")
        assert (done.exit_code, done.stdout) == (0, doya_("simulate --help").stdout)


@pytest.mark.each_third
@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_is_longer_than_80_columns(here, command):
    """With default options, on standard output and standard error; but for paths."""
    line = "figures --list" if command == "figures" else command
    lines = doya_(line).output.splitlines()
    assert [each for each in lines if len(each) > 80 and "/" not in each] == []


def test_a_long_last_cell_goes_on_in_the_next_line():
    rows = [["one", "word " * 30], ["two", None]]
    lines = tables.table(["name", "words"], rows).splitlines()
    assert max(map(len, lines)) <= 80
    assert [line[:6].strip() for line in lines] == ["name", "one", "", "two"]
    assert " ".join(line[6:] for line in lines[1:3]).split() == ["word"] * 30


def test_numbers_of_tables_have_the_digits_asked_for(here):
    """JSON has all of them."""
    fold = doya.bifurcation_points(doya.NeuronODE(5.0))[0].value
    for digits in (1, 6, 17):
        assert f"{fold:.{digits}g} " in doya_(f"bifurcate --digits {digits} -o a.csv").stdout
    found = answer("bifurcate --digits 1 --json")["result"]["special_points"]
    assert found[0]["value"] == fold


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--w 3", "No bifurcation for b from .*\nno fold: w must exceed 4\n"),
        ("--b -1 --over w 5 7", "no fold: b must be below -2\n"),
        ("--w -3 --dynamics map", "w must exceed 4; no flip: w must be below .* = -4\n"),
        ("--w 5 --over b 0 1", "No bifurcation for b from 0 to 1\n\n"),
    ],
)
def test_where_nothing_bifurcates_the_reason_is_given(here, options, words):
    """If it is the parameter that is not swept."""
    assert re.search(words, doya_(f"bifurcate {options} -o a.csv").stdout)


@pytest.mark.each_third
@pytest.mark.parametrize(
    "options",
    [
        "--w 0",
        "--w 4",
        "--w 4 --b -2",
        "--w 1e6",
        "--w -1e6",
        "--b 700",
        "--b -700",
        "--w 1e100 --b -1e100",
        f"--w 5 --b {UPPER}",
        "--w -1e100 --b 1e100 --dynamics map",
        "--w 1e6 --dynamics map --epsilon 1e-6",
        "--w -1e6 --dynamics map --epsilon 1e-6",
    ],
)
def test_extremes_work(here, options):
    """Every command ends well, and no number in its result is missing."""
    for command in ("equilibria", "bifurcate", "simulate"):
        whole = answer(f"{command} {options} --json --dpi 40 -o a.png -o a.csv")
        assert whole["result"]
        text = (here / "a.csv").read_text()
        assert "nan" not in text
        assert "inf" not in text


numbers = st.floats() | st.floats(-1e100, 1e100) | st.floats(-10, 10)


@given(
    command=st.sampled_from(OF_A_NEURON),
    values=st.tuples(numbers, numbers),
    epsilon=st.none() | st.floats(0.0, 1.1),
    dynamics=st.sampled_from(["flow", "map"]),
    over=st.none() | st.tuples(st.sampled_from(["b", "w", "epsilon"]), numbers, numbers),
    points=st.integers(1, 50),
)
def test_any_numbers_end_in_an_answer_or_in_a_sentence_that_is_deserved(
    command, values, epsilon, dynamics, over, points
):
    """Exit 0 with valid JSON when every option is legal, else exit 2 with one line."""
    words = [command, "--dynamics", dynamics, "--json"]
    legal = True
    if command != "regions":
        words += ["--w", str(values[0]), "--b", str(values[1])]
        legal &= all(abs(value) <= 1e100 for value in values)
    if epsilon is not None:
        words += ["--epsilon", str(epsilon)]
        legal &= dynamics == "map" and 1e-100 <= epsilon <= 1.0
    if command not in ("equilibria", "train", "convert"):
        words += ["--points", str(points)]
        legal &= points >= 2
    if command == "orbit":
        legal &= dynamics == "map"
    if command == "simulate":
        legal &= dynamics == "flow"  # the map shows every step
    elif command not in ("equilibria", "train", "convert") and over is not None:
        words += ["--over", *map(str, over)]
        name, low, high = over
        legal &= low < high
        if name == "epsilon":
            legal &= low >= 1e-100 and high <= 1.0
            legal &= dynamics == "map" and command != "regions"
        else:
            legal &= abs(low) <= 1e100 and abs(high) <= 1e100
    done = CliRunner().invoke(main, words)
    assert done.exit_code == (0 if legal else 2), done.output
    if legal:
        json.loads(done.stdout, parse_constant=pytest.fail)
    else:
        assert re.fullmatch("Error: .+\n", done.stderr)


def test_an_unforeseen_failure_is_one_line_and_exit_1(here, monkeypatch):
    def fail(*arguments, **options):
        raise RuntimeError("no such luck")

    monkeypatch.setattr(doya, "bifurcation_diagram", fail)
    done = doya_("bifurcate")
    assert (done.exit_code, done.stderr) == (1, "Error: RuntimeError: no such luck\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_the_options_all_share(command):
    done = doya_(f"{command} --help")
    assert done.exit_code == 0
    shared = set() if command == "explore" else {"--json", "--quiet"}
    if command not in ("explore", "compile", "sweep"):
        shared |= {"--output"}
    if command in OF_A_NEURON:
        shared |= {"--dynamics", "--epsilon"}
    assert all(option in done.stdout for option in shared)
    assert doya_("--help").stdout.count(f"\n  {command} ") == 1
