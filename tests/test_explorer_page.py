"""The explorer's page without a browser: which questions are answered, and hostile messages."""

import html
import importlib.util
import math
import time
import urllib.request
from types import SimpleNamespace

import numpy as np
import pytest
from bokeh.document import Document
from bokeh.server.views.ws import WSHandler
from hypothesis import given, settings
from hypothesis import strategies as st

import doya
from doya.explorer import exchange, notebook
from doya.explorer.answers import answer
from doya.explorer.commands import words
from doya.explorer.exchange import Exchange
from doya.explorer.options import KINDS
from doya.explorer.page import Page
from doya.explorer.plots.plot import HANDLE
from doya.explorer.presets import PRESETS
from doya.explorer.server import Explorer
from doya.explorer.view import View
from doya_cli.commands import explore
from shell import doya_

# Seconds that an answer may take on a machine that does other things too.
PATIENCE = 60.0


BEGIN = View(points=20, steps=20)


@pytest.fixture(scope="module")
def one_page():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exchange, "PATIENCE", 0.01)
        patch.setattr(exchange, "REST", 0.0)
        made = Page(Document(), BEGIN, write=lambda line, suffix: b"data")
        yield made
        made.close()


@pytest.fixture
def page(one_page):
    one_page.go(BEGIN, fit=True)
    return one_page


def pump(page, until):
    """Do what the threads want to be done in the document's own, until a condition holds."""
    end = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < end
        page.empty_inbox()
        time.sleep(0.001)


def settled(page):
    """Wait until all answers to the newest view are drawn."""
    due = {name: words(page.view, name) for name in exchange.needed(page.view)}
    pump(page, lambda: due.items() <= page._exchange._known.items() and page._inbox.empty())
    pump(page, lambda: page.state.said[1] == page.view.query())


def text(page, line):
    return page.outbox.text(line)


def test_the_page_shows_what_doya_computes(page):
    settled(page)
    assert text(page, "words").startswith("2 attractors 0.19, 0.882; wall at b = \u22122.5;")
    page.ask(b=-3.0)
    settled(page)
    pump(page, lambda: text(page, "words").startswith("1 attractor 0.0642"))
    assert page.state.said[1].startswith("w=5&b=-3&")
    drawn = page.plots["trajectory"]._line.data["y"]
    assert np.array_equal(drawn, doya.simulate(page.view.neuron, 0.5, 50.0, points=201).x)


def test_the_frame_cuts_no_handle(page):
    """Each handle is further from the frame than half its size, in a plot 200 pixels wide."""
    page.ask(t_end=7.0)
    settled(page)
    least = 0.5 * HANDLE / 200.0
    diagram, trajectory = (page.plots[name] for name in ("diagram", "trajectory"))
    for axis, place in (
        (diagram.figure.y_range, diagram._points.data["y"][-1]),
        (trajectory.figure.x_range, trajectory._handle.data["x"][0]),
    ):
        assert least <= (place - axis.start) / (axis.end - axis.start) <= 1.0 - least


@pytest.mark.each_third
@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_drawn(page, preset):
    page.begin(preset)
    page.ask(points=10, t_end=10.0, pulse=page.view.pulse[:1])
    settled(page)
    assert text(page, "problem") == ""
    title = page.plots["diagram"].figure.title.text
    assert title.startswith("Fixed points" if page.view.is_map else "Equilibria")


def test_a_plot_that_comes_back_onto_the_page_has_its_curves_sent_again(page):
    """The browser forgets a plot that is not on the page."""
    settled(page)
    page._hear_drawn(page.state.said[0])
    curve = page.plots["phase"]._curve
    page.ask(second="plane")
    settled(page)
    assert curve.source.id not in [name for name, *_ in page.state.said[4]]
    page.ask(second="phase")
    with page.outbox.together():
        pass
    (places,) = (places for name, places, _ in page.state.said[4] if name == curve.source.id)
    assert places["y"][1] - places["y"][0] == curve.data["y"].size > 0


def test_the_socket_of_a_page_sends_each_part_of_a_message_at_once(monkeypatch):
    """Else a part waits until the one before is acknowledged, which takes 40 ms."""
    explorer = Explorer(View())
    (rule,) = (
        each
        for each in explorer._server._tornado.wildcard_router.rules
        if isinstance(each.target, type) and issubclass(each.target, WSHandler)
    )
    set_to = []
    monkeypatch.setattr(WSHandler, "open", lambda self: None)
    monkeypatch.setattr(WSHandler, "set_nodelay", lambda self, value: set_to.append(value))
    rule.target.open(object.__new__(rule.target))
    assert set_to == [True]


def test_a_task_makes_time_discrete_and_the_flow_has_none(page):
    page.ask(task="latch", sequences=4, length=9)
    assert (page.view.dynamics, page.view.task, page.view.length) == ("map", "latch", 9)
    settled(page)
    assert page.plots["loss"].figure.title.text == "Loss of the task latch over b, descent"
    task = doya.tasks.latch(sequences=4, steps=(9, 11))
    axes = {"b": np.linspace(-3.5, -1.5, 20)}
    expected = doya.loss_landscape(page.view.neuron, axes, task=task).curve.loss
    assert np.array_equal(page.plots["loss"]._loss.data["y"], expected)
    page.ask(dynamics="flow")
    assert (page.view.task, page.view.length) == (None, None)


def event(**given):
    return SimpleNamespace(**given)


def test_a_drag_moves_what_is_under_the_hand(page):
    """b on the diagram, x(0) on the phase line and in time, the start on the loss."""
    settled(page)
    for name, x, y, option, value in (
        ("diagram", -2.75, 0.5, "b", -2.75),
        ("phase", 0.25, 0.0, "x0", 0.25),
        ("trajectory", 3.0, 0.75, "x0", 0.75),
        ("loss", -2.125, 0.1, "start_b", -2.125),
    ):
        page._tap(page.plots[name], event(x=x, y=y))
        assert getattr(page.view, option) == value
    page.ask(fourth="plane", learn=("b", "w"))
    plane = page.plots["plane"]
    page._grab(plane, event(x=5.0, y=-2.125))
    page.state.moved = [1, "plane", 5.5, -2.0]
    assert (page.view.start_w, page.view.start_b) == (5.5, -2.0)
    page._tap(plane, event(x=4.5, y=-3.0))
    assert (page.view.w, page.view.b) == (4.5, -3.0)


def test_a_box_in_the_orbit_diagram_becomes_the_range(page):
    page.begin("Chaos")
    box = {"type": "rect", "x0": -40.0, "x1": -80.0}
    page._box(page.plots["orbit"], event(geometry=box, final=True))
    assert page.view.w_range == (-80.0, -40.0)


def test_arrow_keys_move_by_a_step_and_with_shift_by_a_tenth(page):
    for target, right, up, expected in (
        ("diagram", 1.0, 0.0, {"b": -2.38}),
        ("slider w", -0.1, 0.0, {"w": 4.998}),
        ("field steps", 0.0, 1.0, {"steps": 21}),
        ("trajectory", 0.0, 1.0, {"x0": 0.51}),
    ):
        page._press([1, target, right, up])
        assert {name: getattr(page.view, name) for name in expected} == pytest.approx(expected)


def test_a_wrong_word_in_a_field_is_reported_and_changes_nothing(page):
    before = page.view
    for option, word, words_ in (
        ("b", "five", "must be a number"),
        ("pulse", "8,5,1", "START < STOP"),
        ("clip", "-1", "above 0"),
        ("t_end", "1e9", "from 0 to 10000"),
    ):
        page.read(option, word)
        assert page.view == before
        assert words_ in text(page, "problem")
    page.read("pulse", "5,8,0.5 25,28,-0.5")
    assert page.view.pulse == ((5.0, 8.0, 0.5), (25.0, 28.0, -0.5))
    assert text(page, "problem") == ""


def test_play_step_and_rewind_move_along_the_descent(page):
    settled(page)
    pump(page, lambda: text(page, "step").startswith("step 20 of 20"))
    page.player.rewind()
    assert text(page, "step").startswith("step 0 of 20, loss 0.00358")
    page.player.step()
    shown = page.plots["loss"]._path.data["x"]
    assert np.array_equal(shown, answer(page.view, "descent").data["b"][:2])
    page.player.play()
    for _ in range(25):
        if page.player._ticking is not None:
            page.player._tick()
    assert text(page, "step").startswith("step 20 of 20")


def test_frozen_curves_stay_in_grey(page):
    settled(page)
    before = page.plots["phase"]._curve.data["y"]
    page.freeze(on=True)
    page.ask(b=-3.0)
    settled(page)
    frozen = page.plots["phase"]._curves[0][1].data["y"]
    assert np.array_equal(frozen, before)
    page.freeze(on=False)
    assert page.plots["phase"]._curves[0][1].data["y"].size == 0


def test_commands_python_and_files_leave_the_page(page):
    settled(page)
    page.take("diagram", "command")
    assert page.state.copied[1] == "doya " + " ".join(words(page.view, "diagram"))
    page.take("loss", "python")
    assert "doya.loss_landscape(neuron, {'b': np.linspace(-3.5, -1.5, 20)}" in page.state.copied[1]
    page.take("phase", "csv")
    pump(page, lambda: page.state.saved[1] == "doya-phase.csv")
    assert page.state.saved[3] == "ZGF0YQ=="


def test_a_notebook_gets_a_frame_with_the_page_and_a_script_serves_it(monkeypatch):
    """The page of the notebook is served while Python runs."""
    seen = []
    monkeypatch.setattr(notebook, "_serve", seen.append)
    assert doya.explore(doya.NeuronODE(w=4.5), x0=0.25) is None
    assert seen == [View(w=4.5, b=-2.5, x0=0.25)]
    monkeypatch.setattr(notebook, "_is_notebook", lambda: True)
    shown = doya.explore(t_end=30.0)
    assert f'src="{html.escape(shown.address)}"' in shown._repr_html_()
    with urllib.request.urlopen(shown.address) as page:
        assert b"doya explore" in page.read()
    with pytest.raises(doya.ArgumentError, match="colour is not an option of the explorer"):
        doya.explore(colour="red")


def test_in_a_script_it_returns_when_ctrl_c_is_pressed(monkeypatch, capsys):
    """Without a traceback, after the address of the page."""

    class Interrupted:
        address = "http://127.0.0.1:1/page"

        def __init__(self, view):
            self.view = view

        def run(self):
            raise KeyboardInterrupt

    monkeypatch.setattr("doya.explorer.server.Explorer", Interrupted)
    monkeypatch.setattr("webbrowser.open", lambda address: True)
    assert doya.explore() is None
    assert capsys.readouterr().out == f"{Interrupted.address}\n"


def test_without_bokeh_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    done = doya_("explore")
    words_ = "doya explore needs the package bokeh: pip install 'doya[explore]'."
    assert (done.exit_code, done.stderr) == (1, f"Error: {words_}\n")
    with pytest.raises(ModuleNotFoundError, match="needs the package bokeh"):
        doya.explore()


def test_the_options_of_the_command_are_those_of_the_view(monkeypatch):
    """With the same defaults, but for --over, which sets three of them."""
    seen = []
    monkeypatch.setattr(explore, "_serve", lambda view, port, has_browser: seen.append(view))
    for line in (
        "",
        "--over w 2 6 --over b -4 -1",
        "--pulse 5 8 1 --learn b --learn w --clip 1",
        "--task latch --length 50 --noise 0.1",
    ):
        assert doya_(f"explore {line}").exit_code == 0
    assert seen[0] == View()
    assert seen[1] == View(over="w", w_range=(2, 6), b_range=(-4, -1))
    assert seen[2] == View(pulse=[(5, 8, 1)], learn=("b", "w"), clip=1)
    assert seen[3] == View(dynamics="map", task="latch", length=50, noise=0.1)
    offered = {each.name for each in explore.command.params}
    named = {"input": "u", "pulse": "pulses"}
    kinds = {named.get(name, name) for name in KINDS} - {"b_range", "w_range"}
    assert offered - {"port", "no_browser"} == kinds


@pytest.mark.parametrize("name", ["seed", "sequences", "length"])
def test_the_command_takes_no_larger_task_than_the_view(name):
    """The help names the limit, and one more is refused, not rounded."""
    kind = KINDS[name].kind
    (option,) = [each for each in explore.command.params if each.name == name]
    assert (option.type.least, option.type.most) == (kind.least, kind.most)
    assert f"{kind.least} to {kind.most}" in option.help
    done = doya_(f"explore --task latch --{name} {kind.most + 1}")
    assert done.exit_code == 2
    assert f"from {kind.least} to {kind.most}, got {kind.most + 1}" in done.stderr


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
TARGETS = st.sampled_from(["diagram", "slider b", "field pulse", "slider steps", "x", "slider x"])
MESSAGES = st.one_of(
    st.tuples(st.just("asked"), st.lists(ANYTHING, max_size=3)),
    st.tuples(st.sampled_from(["key", "moved"]), st.lists(ANYTHING, max_size=5)),
    st.tuples(st.just("moved"), st.tuples(st.just(1), TARGETS, ANYTHING, ANYTHING)),
    st.tuples(st.just("key"), st.tuples(st.just(1), TARGETS, st.floats(), st.floats())),
    st.tuples(st.sampled_from(sorted(KINDS)), st.text(max_size=30)),
    st.tuples(st.just("drag"), st.tuples(st.sampled_from(["loss", "plane"]), ANYTHING, ANYTHING)),
    st.tuples(st.just("box"), st.dictionaries(st.sampled_from(["type", "x0", "x1"]), ANYTHING)),
    st.tuples(st.just("drawn"), st.integers()),
)


@pytest.mark.long
def test_hostile_messages_give_sentences_and_views_within_the_limits(monkeypatch):
    """No exception, at most the limits, and no answer is asked for a wrong value."""
    monkeypatch.setattr(Exchange, "ask", lambda self, view: 1)
    page = Page(Document(), View())

    def send(kind, content):
        if kind in ("asked", "key", "moved", "drawn"):
            setattr(page.state, kind, list(content) if kind != "drawn" else content)
        elif kind == "drag":
            page._tap(page.plots[content[0]], event(x=content[1], y=content[2]))
        elif kind == "box":
            page._box(page.plots["orbit"], event(geometry=content, final=True))
        else:
            page.read(kind, content)

    @settings(settings.default, max_examples=settings.default.max_examples // 3)
    @given(st.lists(MESSAGES, min_size=5, max_size=9))
    def run(messages):
        for message in messages:
            send(*message)
        view = page.view
        assert view.points <= 2000
        assert max(view.steps, view.t_end) <= 10_000
        assert all(math.isfinite(each) for each in (view.w, view.b, view.x0, *view.b_range))

    run()
    page.close()
