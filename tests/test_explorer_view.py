"""The explorer's view: to a query and back, and each copied command answers as the plot does."""

import math
import string
import tempfile
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

import doya
from doya.checks import LARGEST
from doya.explorer.answers import ANSWERS, answer
from doya.explorer.calls import call_of
from doya.explorer.commands import command, words
from doya.explorer.options import FOURTH, GROUPS, KINDS, RULES, SECOND, STYLES, TASKS, option
from doya.explorer.view import View, of_neuron, read
from doya.explorer.words import sentence
from doya.training.rules import WITH_MOMENTUM
from doya_cli.main import main

ANY = st.floats(-LARGEST, LARGEST)
TAME = st.floats(-8.0, 8.0).map(lambda value: round(value, 3))


def spans(numbers):
    def is_wide(ends):
        return ends[1] - ends[0] > 2e-9 * max(map(abs, ends))

    return st.tuples(numbers, numbers).map(sorted).filter(is_wide).map(tuple)


@st.composite
def views(draw, numbers=ANY, most=10_000, most_points=2000):
    """Views whose options do not exclude each other."""
    is_map = draw(st.booleans())
    times = st.floats(0.0, 1e6)
    rule = draw(st.sampled_from(RULES))
    drawn = {
        "dynamics": "map" if is_map else "flow",
        **{name: draw(numbers) for name in ("w", "b", "input_weight", "x0", "target")},
        **{name: draw(numbers) for name in ("start_b", "start_w")},
        "input_to": draw(st.sampled_from(["state", "bias"])),
        "t_end": float(draw(st.integers(0, most)) if is_map else draw(st.floats(0.0, most))),
        "learn": draw(st.permutations(["b", "w"]))[: draw(st.integers(1, 2))],
        "learning_rate": draw(st.floats(1e-6, 100.0)),
        "steps": draw(st.integers(0, most)),
        "rule": rule,
        "clip": None if rule == "sign" else draw(st.none() | st.floats(1e-6, 1e3)),
        "momentum": draw(st.floats(0.0, 0.99)) if rule in WITH_MOMENTUM else 0.0,
        "teacher_forcing": draw(st.floats(0.0, 0.99)) if is_map else 0.0,
        "epsilon": draw(st.floats(0.01, 1.0)) if is_map else 1.0,
        "over": draw(st.sampled_from("bw")),
        **{name: draw(spans(numbers)) for name in ("b_range", "w_range")},
        "points": draw(st.integers(2, most_points)),
        "second": (second := draw(st.sampled_from(SECOND[: 2 + is_map]))),
        "fourth": draw(st.sampled_from([k for k in FOURTH[: 2 + is_map] if k != second])),
        "hide": draw(st.lists(st.sampled_from(GROUPS), unique=True)),
        "style": draw(st.sampled_from(STYLES)),
    }
    if is_map and draw(st.booleans()):
        drawn |= {
            "task": draw(st.sampled_from(TASKS)),
            "seed": draw(st.none() | st.integers(0, 2**53 - 1)),
            "sequences": draw(st.none() | st.integers(2, 9)),
            "length": draw(st.integers(2, 30)),
            "noise": draw(st.none() | st.floats(0.0, 1.0)),
        }
    if draw(st.booleans()):
        pulse = st.tuples(times, times, numbers).filter(lambda each: each[0] < each[1])
        drawn["pulse"] = draw(st.lists(pulse, max_size=3))
    else:
        drawn["input"] = draw(numbers)
    return View(**drawn)


@settings(max_examples=60)
@given(views())
def test_a_view_is_read_from_its_query(view):
    """No number loses a bit, and no option its value."""
    assert View.from_query(view.query()) == view
    assert View.from_query("?" + view.query()) == view
    assert hash(View.from_query(view.query())) == hash(view)


def test_the_query_has_the_shells_options_and_short_numbers():
    view = View(w=5, b=-2.4, t_end=30, learning_rate=0.1, pulse=[(5, 8, 0.5)])
    assert view.query() == "w=5&b=-2.4&pulse=5,8,0.5&t-end=30&learning-rate=0.1"
    assert View(over="w").query() == "w=5&b=-2.4&over=w,3,7"
    assert View(w_range=(0, 9)).query() == "w=5&b=-2.4&over=b,-3.5,-1.5&over=w,0,9"


def test_the_usual_learning_rate_is_that_of_the_rule():
    """In a link, in Python and on the page; one that is named stays."""
    assert View.from_query("rule=adam").learning_rate == View().replace(rule="adam").learning_rate
    for rule, rate in (("gradient", 2.0), ("sign", 2.0), ("adagrad", 0.1), ("adam", 0.1)):
        view = View(rule="rmsprop").replace(rule=rule)
        assert (view.learning_rate, view) == (rate, View(rule=rule))
        assert "learning-rate" not in view.query()
        named = View.from_query(f"rule={rule}&learning-rate=0.3").replace(rule="rmsprop")
        assert named.learning_rate == 0.3
    named = View.from_query("rule=adam&learning-rate=2")
    assert named.query() == "w=5&b=-2.4&learning-rate=2&rule=adam"
    assert View.from_query(named.query()).learning_rate == 2.0


WRONG = {
    "w=five": "must be a number, got 'five'",
    "w=nan": "must be a number, got 'nan'",
    "w=1e101": "must be from -1e100 to 1e100, got 1e+101",
    "w=1&w=2": "must be given once, got 2 values",
    "epsilon=2&dynamics=map": "must be from 1e-100 to 1, got 2",
    "epsilon=0.5": "is the step of the map, and the flow has none: set dynamics to map",
    "t-end=2.5&dynamics=map": "must be a whole number of steps for the map, got 2.5",
    "t-end=1e9": "must be from 0 to 10000, got 1000000000",
    "points=3000": "must be a whole number from 2 to 2000, got 3000",
    "steps=1e30": "must be a whole number from 0 to 10000, got 1e+30",
    "learn=x0": "must be one of b, w, got 'x0'",
    "over=b,1,0": "must be LOW,HIGH with LOW < HIGH, 1e-9 of them apart, got 1,0",
    "over=c,0,1": "must be b,LOW,HIGH or w,LOW,HIGH, each once, got 'c,0,1'",
    "pulse=8,5,1": "must be START,STOP,AMPLITUDE with START < STOP, got 8,5,1",
    "pulse=1,2": "must be START,STOP,AMPLITUDE with START < STOP, got '1,2'",
    "pulse=1,2,1&input=1": "must be 0 where there are pulses: both define the input",
    "second=orbit": "must not be orbit for the flow, which ends in equilibria",
    "second=plane&fourth=plane": "must differ from the second plot, got plane for both",
    "colour=red": "is not an option of the explorer",
    "b_range=1,2": "is not an option of the explorer",
    "task=latch": "has inputs at each step of the map: set dynamics to map",
    "task=spell&dynamics=map": "must be one of latch, flip_flop, delay, oscillate, got 'spell'",
    "noise=0.5": "is a number of a task, and there is none: set the task too",
    "dynamics=map&task=delay&length=10000": (
        "must give at most 100000 steps in all sequences, got 200000"
    ),
    "dynamics=map&task=latch&sequences=1": (
        "must be at least 2 for the latch, which has two classes"
    ),
    "dynamics=map&task=latch&seed=9007199254740993": (
        "must be a whole number from 0 to 9007199254740991, got 9007199254740992"
    ),
    "rule=sign&clip=1": "has no effect with the rule sign, which uses only the gradient's sign",
}


@pytest.mark.parametrize("query", WRONG)
def test_a_wrong_value_is_reported_in_words_and_the_rest_is_kept(query):
    view, problems = read(f"b=-2.25&{query}")
    assert [words for _, words in problems] == [WRONG[query]]
    assert view.b == -2.25
    with pytest.raises(doya.ArgumentError):
        View.from_query(query)


WORD = st.text(max_size=30) | st.sampled_from(
    ["nan", "inf", "1e999", "9" * 5000, "1_0", "\u0663", "<script>", "\x00", "%", "1,2", "b,1,2,3"]
)
NAMES = st.sampled_from([option(name) for name in KINDS]) | st.text(string.printable, max_size=9)


@pytest.mark.long
@settings(max_examples=60)
@given(st.lists(st.tuples(NAMES, WORD), max_size=6) | st.text(max_size=200))
@example("w=1&" * 5000)
@example("&".join(f"pulse={k},{k + 1},1" for k in range(200)))
def test_a_hostile_query_gives_a_view_within_the_limits_and_sentences(given_):
    """No exception, no value beyond a limit, and no long word repeated."""
    text = given_ if isinstance(given_, str) else "&".join("=".join(each) for each in given_)
    view, problems = read(text)
    assert View.from_query(view.query()) == view
    assert view.points <= 2000
    assert max(view.steps, view.t_end) <= 10_000
    assert len(view.pulse) <= 100
    assert all(math.isfinite(each) for each in (view.w, view.b, view.x0, view.target))
    assert all(len(name) + len(sentence) < 400 for name, sentence in problems)


def of_the_command(line):
    """Return the data that the shell's command writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/data.npz"
        done = CliRunner().invoke(main, [*line, "-o", path, "--quiet"])
        assert done.exit_code == 0, (line, done.stderr)
        with np.load(path) as data:
            return dict(data)


def assert_same(view, name):
    try:
        own = answer(view, name).data
    except doya.ArgumentError:
        return
    theirs = of_the_command(words(view, name))
    for column, values in own.items():
        np.testing.assert_array_equal(
            values, theirs[column], err_msg=column, strict=len(values) > 0
        )
    more = {key for key in theirs if key.startswith(("axis_", "grid_", "wall"))}
    rest = theirs.keys() - more - {"version", "command", "parameters", "label"}
    assert own.keys() - {"label"} == rest


USUAL = [
    View(),
    View(dynamics="map", pulse=[(2, 5, 0.5)], x0=0.145, t_end=12, over="w"),
    View(dynamics="map", w=-20, b=10, epsilon=0.5, over="w", w_range=(-60, 10), t_end=40),
    View(input=0.01, input_weight=2.0, input_to="bias", learn=["b", "w"], clip=0.05),
    View(dynamics="map", task="latch", seed=3, sequences=4, length=9, noise=0.1, learn=["w"]),
]


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("view", USUAL, ids=["flow", "pulses", "map", "input", "task"])
def test_a_copied_command_has_the_arrays_of_the_plot(view, name):
    """Bit for bit, by the shell's own data file."""
    if name == "orbit" and not view.is_map:
        pytest.skip("the flow ends in equilibria")
    if name == "surface" and view not in (USUAL[2], USUAL[4]):
        pytest.skip("the command's table searches for the walls of the flow, which takes seconds")
    assert_same(view.replace(points=10 if name == "surface" else 40, steps=20), name)


@settings(max_examples=8)
@given(views(TAME, 40, 12), st.sampled_from(sorted(ANSWERS)))
def test_a_copied_command_of_any_view_has_the_arrays_of_the_plot(view, name):
    if name == "orbit" and not view.is_map:
        name = "phase"
    if view.pulse and name in ("surface", "loss"):  # these search for walls, which takes seconds
        name = "trajectory"
    assert_same(view, name)


@pytest.mark.parametrize(
    ("name", "k"), [*((name, 2 if name == "orbit" else 1) for name in ANSWERS), ("descent", 4)]
)
def test_copied_python_gives_the_result_of_the_plot(name, k):
    view = USUAL[k]
    view = view.replace(points=30, steps=10)
    here = {}
    exec(call_of(view, name).python(), here)
    assert here["result"] == answer(view, name).result


@settings(max_examples=30)
@given(views(TAME, 40, 12), st.data())
def test_an_answer_depends_on_the_words_of_its_command_alone(view, data):
    """Two views with the same command make the same call, but for what the command sweeps."""
    other = data.draw(views(TAME, 40, 12))
    name = data.draw(st.sampled_from(sorted(ANSWERS)))
    change = data.draw(st.sampled_from(sorted(KINDS)))
    try:
        changed = view.replace(**{change: getattr(other, change)})
    except doya.ArgumentError:
        return
    if command(view, name) == command(changed, name):
        one, two = call_of(view, name), call_of(changed, name)
        assert (one.function, one.arguments) == (two.function, two.arguments)
        assert one.named == two.named


def test_a_view_of_a_neuron_has_its_parameters():
    neuron = doya.NeuronMap(-20.0, 10.0, epsilon=0.5, input_weight=2.0, input_to="bias")
    assert of_neuron(neuron, x0=0.25).neuron == neuron
    with pytest.raises(doya.ArgumentError, match="one NeuronODE or NeuronMap"):
        of_neuron(doya.NeuronODE(w=[1.0, 2.0]))


def test_only_where_no_wall_can_exist_there_is_none():
    """A map with w < 0 and epsilon < 1 may have walls that the search does not find."""
    view = View(dynamics="map", w=-100.0, b=10.0, epsilon=0.5, points=5)
    assert "no wall found in this range" in sentence(view, {"loss": answer(view, "loss")})
    whole = view.replace(epsilon=1.0, w=3.0)
    assert "no wall in this range" in sentence(whole, {"loss": answer(whole, "loss")})


def test_an_exponent_that_may_be_zero_is_not_called_chaos():
    """Only one above its error is, as `lyapunov_exponent` says; -inf is that of a stable cycle."""
    view = View(dynamics="map", w=-80.0, b=10.0, epsilon=0.5, second="orbit", over="w")
    view = view.replace(w_range=(-90.0, -70.0), points=20)
    found = answer(view, "orbit")
    exponents = found.marks["exponents"]
    assert sentence(view, {"orbit": found}).endswith(": chaos.")
    for exponent, words_ in ((1e-4, "0 within"), (-1e-4, "0 within"), (-0.1, "no chaos")):
        changed = {"lyapunov": np.full(20, exponent), "error": np.full(20, 2e-4)}
        mended = replace(found, marks={"exponents": {**exponents, **changed}})
        assert f": {words_}" in sentence(view, {"orbit": mended})
    stable = answer(view.replace(w=0.0, epsilon=1.0, w_range=(-1.0, 1.0), points=3), "orbit")
    assert stable.marks["exponents"]["lyapunov"][1] == -np.inf
    assert ": no chaos" in sentence(view.replace(w=0.0, w_range=(-1.0, 1.0)), {"orbit": stable})
