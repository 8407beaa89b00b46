"""doya sweep."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import doya
from doya.sweeps import computing, runs
from doya.sweeps.quantities import AXES, QUANTITIES
from doya_cli.commands import sweep as command
from doya_cli.paces import Pace, duration
from shell import answer, doya_

pytest.importorskip("zarr", reason="the extra sweep is not installed")
pytest.importorskip("xarray", reason="the extra sweep is not installed")

LINE = "sweep x.zarr --quantity state --over b -3 -2 9 --over x0 0 1 8 --chunk-bytes 4000"


def test_a_sweep_fills_a_store_and_goes_on_by_its_name_alone(here):
    found = answer(f"{LINE} --part 1/2 --json")["result"]
    assert {"cells", "chunks", "done", "failed", "bytes"} <= set(found)
    assert (found["cells"], found["failed"], found["bytes"]) == (72, 0, 72 * 9)
    assert 0 < found["done"] < found["chunks"]
    rest = answer("sweep x.zarr --json")["result"]
    assert rest["done"] == rest["chunks"] == found["chunks"]
    assert doya_(LINE).stdout.split() == (
        f"cells chunks done failed size 72 {found['chunks']} {found['chunks']} 0 648 bytes".split()
    )
    x = doya.open_sweep("x.zarr").to_xarray().x
    b, x0 = np.linspace(-3.0, -2.0, 9)[:, np.newaxis], np.linspace(0.0, 1.0, 8)
    assert np.array_equal(x, doya.final_state(doya.NeuronODE(5.0, b), x0, 50.0))


def test_the_command_line_in_the_answer_makes_the_same_sweep(here):
    """All settings are options with the names of the library's arguments."""
    line = (
        "sweep x.zarr --dynamics map --epsilon 0.5 --w 3 --input-weight 2 --quantity train"
        " --quantity state --quantity lyapunov --over b -3 -2 3 --steps 20 --transient 3 --x0 0.4"
        " --t-end 5 --target 0.3 --learn b --learn w --learning-rate 0.1 --clip 1 --momentum 0.5"
        " --pulse 1 2 0.5"
    )
    line = line.replace(" --quantity lyapunov", "").replace(" --transient 3", "")
    assert answer(f"{line} --json")["result"]["done"] == 1
    found = doya.open_sweep("x.zarr")
    assert found.settings == {
        "x0": 0.4, "t_end": 5.0, "target": 0.3, "steps": 20, "learn": ("b", "w"),
        "learning_rate": 0.1, "clip": 1.0, "momentum": 0.5, "u": doya.Pulses([(1, 2, 0.5)]),
    }  # fmt: skip
    assert found.neuron == doya.NeuronMap(3.0, -2.5, epsilon=0.5, input_weight=2.0)


def test_the_values_of_an_axis_can_be_even_in_their_logarithm(here):
    line = "sweep x.zarr --quantity train --steps 2 --t-end 5 --over b -3 -2 2"
    found = answer(f"{line} --over learning_rate 0.01 1 3 --log learning_rate --json")
    assert found["parameters"]["log"] == ["learning_rate"]
    over = doya.open_sweep("x.zarr").over
    assert np.array_equal(over["learning_rate"], np.geomspace(0.01, 1.0, 3))
    assert np.array_equal(over["b"], [-3.0, -2.0])


@pytest.mark.parametrize("model", ["--dynamics map", "tanh w=1.2 h=0.1"])
def test_numbers_of_steps_that_are_even_in_their_logarithm_are_rounded(model, here):
    line = f"sweep x.zarr {model} --quantity state --over t_end 1 1000 7 --log t_end"
    assert doya_(line).exit_code == 0
    assert doya.open_sweep("x.zarr").over["t_end"].tolist() == [1, 3, 10, 32, 100, 316, 1000]


STEPS = "sweep x.zarr --dynamics map --quantity state --over t_end"


@given(st.integers(0, 50), st.integers(1, 200), st.integers(2, 30))
def test_a_range_of_steps_that_is_refused_has_a_remedy(low, length, many):
    """A number of values that makes all of them whole, the largest below the one that was given."""
    high = low + length
    done = doya_(f"{STEPS} {low} {high} {many} --check")
    if length % (many - 1) == 0:
        assert done.exit_code == 0
        return
    fewer = max(n for n in range(2, many) if length % (n - 1) == 0)
    first = next(x for x in np.linspace(low, high, many) if not x.is_integer())
    words = f"--over t_end {low} {high} {many} has the value {first:g}, and the map takes whole"
    assert words in done.stderr
    assert f"steps: write --over t_end {low} {high} {fewer}. " in done.stderr


@given(st.integers(1, 50), st.integers(1, 200), st.integers(2, 30))
def test_a_logarithmic_range_of_steps_that_is_refused_has_a_remedy(low, length, many):
    """A smaller number of values, of which no two are the same; with one more, two are."""

    def is_distinct(n):
        return np.unique(np.rint(np.geomspace(low, low + length, n))).size == n

    line = f"{STEPS} {low} {low + length}"
    done = doya_(f"{line} {many} --log t_end --check")
    if is_distinct(many):
        assert done.exit_code == 0
        return
    remedy = re.search(r"twice: write --over t_end \d+ \d+ (\d+) --log t_end\. ", done.stderr)
    fewer = int(remedy[1])
    assert fewer < many
    assert is_distinct(fewer)
    assert not is_distinct(fewer + 1)


def test_the_letters_of_an_author_are_axes(here):
    """In place of Doya's parameters; the letter that is swept may be left out."""
    line = "sweep x.zarr tanh h=0.1 --quantity state --over w 0.8 1.3 3 --over x0 0 1 2 --t-end 9"
    found = answer(f"{line} --json")
    assert (found["parameters"]["author"], found["parameters"]["letters"]) == (
        "tanh", {"h": 0.1, "epsilon": 1.0},
    )  # fmt: skip
    x = doya.open_sweep("x.zarr").to_xarray().x
    neurons = doya.from_tanh(np.linspace(0.8, 1.3, 3)[:, np.newaxis], 0.1)
    assert np.array_equal(x, doya.final_state(neurons, [0.0, 1.0], 9.0))
    again = answer("sweep x.zarr --json")["result"]
    assert again == found["result"]


def test_a_store_of_other_chunks_is_refused_with_the_way_to_go_on(here):
    """In Python and in the shell; there is none where something else differs too."""
    line = "sweep x.zarr --quantity state --over b -3 -2 9"
    assert doya_(f"{line} --chunk-bytes 2000 --part 1/2").exit_code == 0
    over = {"b": np.linspace(-3.0, -2.0, 9)}
    with pytest.raises(doya.ArgumentError, match=r"have 9: .*open_sweep\(path\)\.go_on\(\) goes"):
        doya.sweep(doya.NeuronODE(), over, "state", "x.zarr")
    with pytest.raises(doya.ArgumentError, match=r"choose another path$"):
        doya.sweep(doya.NeuronODE(), over, "state", "x.zarr", t_end=3.0)
    words = doya_(line).stderr
    assert re.search(r"a chunk has \d cells?, and with this --chunk-bytes it would have 9: ", words)
    assert ", or doya sweep STORE goes on with the chunks that are there. " in words
    assert doya_("sweep x.zarr").exit_code == 0
    assert doya.open_sweep("x.zarr").is_complete


def test_check_writes_nothing(here):
    found = answer(f"{LINE} --check --json")["result"]
    assert (found["done"], found["cells"]) == (0, 72)
    assert list(here.iterdir()) == []
    answer(f"{LINE} --part 1/2 --json")
    half = answer("sweep x.zarr --check --json")["result"]
    assert half == answer(f"{LINE} --check --json")["result"]
    assert 0 < half["done"] < half["chunks"]


WRONG = [
    ("sweep x.zarr", "--over is missing, for example --over b -3 -2 401: 'x.zarr' does not exist"),
    ("sweep x.zarr --w 3", "--over is missing"),
    ("sweep x.zarr --over b -3 -2 9", "--quantity is missing, for example --quantity state"),
    ("sweep", "Missing argument 'STORE'."),
    ("sweep x.zarr --quantity lyapunov --over b -3 -2 9", "for the map: add --dynamics map"),
    ("sweep x.zarr --quantity state --over b -3 -2", "N is missing"),
    ("sweep x.zarr --quantity state --over b -2 -3 9", "write --over b -3 -2 9"),
    (
        "sweep x.zarr --quantity state --over b -3 -2 9 --log b",
        "--log b needs LOW > 0 and a finite",
    ),
    (
        "sweep x.zarr --quantity state --over b -3 -2 9 --log w",
        "--log w needs a range: add --over w LOW HIGH N.",
    ),
    (f"{STEPS} 0.5 3 6", "--over t_end 0.5 3 6 needs whole LOW and HIGH for the steps of a map"),
    (f"{STEPS} 1 3.5 6", "--over t_end 1 3.5 6 needs whole LOW and HIGH for the steps of a map"),
    (
        f"{STEPS} 1 9 9 --log t_end",
        "gives the same number of steps twice: write --over t_end 1 9 5 --log t_end.",
    ),
    ("sweep x.zarr --quantity state --over clip 1 2 9", "'--over': over must be among w, b"),
    ("sweep x.zarr --quantity state --over b 1 2 9 --clip 1", "'--clip': clip is not a setting"),
    ("sweep x.zarr --quantity state --over b 1 2 9 --part 3", "'--part': part must be K/N"),
    (f"{LINE} --chunk-bytes 0", "'--chunk-bytes': it must be a number of bytes"),
    ("sweep here --quantity state --over b 1 2 9", "'STORE': it must be a folder of a sweep"),
    ("sweep x.zarr tanh h=0 --quantity state --over b 1 2 9", "'b' is not one of 'w', 'h'"),
    (
        "sweep x.zarr tanh h=0 w=1 --quantity state --over clip 1 2 9",
        "'--over': it must be among w",
    ),
    ("sweep x.zarr tanh h=0 --quantity loss --over w 1 2 9", "which needs Doya's parameters"),
    ("sweep x.zarr tanh h=0 --quantity state --over w 1 2 9 --input 1", "--input needs Doya's"),
    (
        "sweep x.zarr --quantity state --over b 1 2 9 --pulse 1 2 3 --input 1",
        "--pulse and --input both define the input",
    ),
    ("sweep x.zarr --quantity state --over t_end 3 1 9", "'--over': t_end needs LOW < HIGH"),
    (
        "sweep x.zarr --quantity state --over t_end 1 3 9 --over t_end 1 3 9",
        "'--over': t_end is given twice",
    ),
    (
        "sweep x.zarr --quantity state --over clip 1 2 9",
        "'--over': over must be among w, b, input_weight, u, x0, t_end for state, got 'clip'.",
    ),
    (
        "sweep x.zarr --quantity state --quantity loss --over b 1 2 9 --learning-rate 1",
        "'--learning-rate': it is not a setting of state and loss, which have --x0, --t-end,"
        " --input, --target and --wrt.",
    ),
    (
        "sweep x.zarr --quantity crossing --over level 0 1 9 --t-end 3",
        "'--t-end': it is not a setting of crossing, which has --x0, --input and --level.",
    ),
    (
        "sweep x.zarr tanh h=0 w=1 --quantity state --over w 1 2 9 --level 3",
        "'--level': level is not a setting of state, which has --x0 and --t-end.",
    ),
    (
        "sweep x.zarr --quantity crossing --over level 0 1 9 --level 3",
        "--level and --over level both define one setting: choose one.",
    ),
    (
        "sweep x.zarr --quantity state --over u 0 1 9 --pulse 1 2 3",
        "--pulse and --over u both define the input: choose one.",
    ),
    (
        "sweep x.zarr --quantity state --over b 1 1.0000000000000002 9",
        "'--over': b has the same value twice: LOW and HIGH are too close to each other for 9",
    ),
    (
        "sweep x.zarr --quantity train --over momentum 0 1 9",
        "'--over': momentum must be at least 0 and less than 1, got 1.0.",
    ),
    (
        "sweep x.zarr --quantity train --over learning_rate 0 1 9",
        "'--over': learning_rate must be a number greater than 0, up to 1e100, got 0.0.",
    ),
    (
        "sweep x.zarr --quantity state --over t_end -1 1 9",
        "'--over': t_end must be a time from 0 to inf, got -1.0.",
    ),
    (f"{STEPS} -1 1 3", "'--over': t_end must be a whole number of steps, from 0 to 2**53, got -1"),
    (
        "sweep x.zarr --quantity loss --over u 0 1 9 --wrt input_weight",
        "'--wrt': wrt has 'input_weight', but u is swept: sweep 'input_weight', with u = 1.",
    ),
    (
        "sweep x.zarr --dynamics map --quantity lyapunov --over b 0 1 9 --pulse 1 2 3",
        "'--pulse': it must be one number for lyapunov.",
    ),
    (
        "sweep x.zarr --quantity equilibria --over b 0 1 9 --ramp 1 2 3 4",
        "'--ramp': it must be one number for equilibria.",
    ),
]


@pytest.mark.parametrize(("line", "words"), WRONG)
def test_wrong_usage_is_answered_in_a_line(line, words, here):
    (here / "here").mkdir()
    (here / "here" / "file").write_text("")
    done = doya_(line)
    assert done.exit_code == 2
    assert words in done.stderr
    assert [path.name for path in here.iterdir()] == ["here"]


def test_a_range_that_does_not_fit_in_memory_is_refused_before_its_values_are_made(
    here, monkeypatch
):
    monkeypatch.setattr("doya.memory.available_bytes", lambda: 2.0**28)
    monkeypatch.setattr("numpy.linspace", None)
    done = doya_("sweep x.zarr --quantity state --over b 0 1 1000000000")
    assert done.exit_code == 2
    assert "'--over': b asks for 1000000000 cells" in done.stderr


def test_another_sweep_in_the_store_is_named(here):
    doya_(LINE)
    done = doya_(f"{LINE} --t-end 3")
    assert done.exit_code == 2
    assert (
        "'STORE': it must hold the same sweep, but in 'x.zarr' --t-end is not given" in done.stderr
    )


def test_chunks_that_fail_end_the_command_with_1(here, monkeypatch):
    def failing(plan, chunk, told=None):
        if chunk == 1:
            raise ZeroDivisionError("by chance")
        return computing.chunk_of(plan, chunk, told)

    with monkeypatch.context() as patch:
        patch.setattr(runs, "chunk_of", failing)
        done = doya_(LINE)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "chunks failed, chunk 1 because: ZeroDivisionError: by chance. The same" in done.stderr
    assert doya_("sweep x.zarr").exit_code == 0


def test_an_interrupted_sweep_says_how_far_it_is(here, monkeypatch):
    def interrupted(plan, chunk, told=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "chunk_of", interrupted)
    done = doya_(LINE)
    assert done.exit_code == 1
    assert "0 of 9 chunks are done; the same command goes on." in done.stderr
    assert done.stderr.endswith("Error: interrupted.\n")


def test_a_missing_extra_is_a_sentence(here, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "zarr", None)
    done = doya_(LINE)
    assert done.exit_code == 1
    assert done.stderr == ("Error: doya.sweep needs the package zarr: pip install 'doya[sweep]'.\n")


def test_the_options_offer_what_the_library_has():
    assert tuple(QUANTITIES) == command.QUANTITIES
    assert set(command.AXES) == set(AXES)


def test_the_pace_is_known_after_a_while(monkeypatch):
    """Cells per second, of this run alone, and the time left."""
    now = [100.0]
    monkeypatch.setattr("doya_cli.paces.time.monotonic", lambda: now[0])
    pace = Pace(1e6)
    assert pace.words(0.5) == ""
    now[0] += 10.0
    assert pace.words(0.6) == "1e+04 cells/s, 40 s left"
    assert not pace.is_due(0.6)
    now[0] += 60.0
    assert pace.is_due(0.7)
    assert not pace.is_due(0.7)
    assert [duration(each) for each in (59, 600, 7200.0, 1e6)] == [
        "59 s",
        "10 min",
        "2 h",
        "12 days",
    ]


def test_json_of_a_sweep_is_valid(here):
    done = doya_(f"{LINE} --json --quiet")
    assert json.loads(done.stdout)["command"] == "sweep"
    assert done.stderr == ""
