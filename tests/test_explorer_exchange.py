"""The newest question wins, and what has changed is sent as one message."""

import math
import threading
import time

import numpy as np
import pytest
from bokeh.document import Document
from bokeh.models import Row
from bokeh.plotting import figure

import doya
from doya.explorer import exchange, waiting
from doya.explorer.answers import answer
from doya.explorer.exchange import Exchange
from doya.explorer.outbox import Outbox
from doya.explorer.state import State
from doya.explorer.view import View
from doya.kernels.machinery import running

# Seconds that an answer may take on a machine that does other things too.
PATIENCE = 60.0


class Listener:
    """Hears what an exchange delivers, and reports each as drawn when it is asked to."""

    def __init__(self, monkeypatch):
        monkeypatch.setattr(exchange, "PATIENCE", PATIENCE)
        monkeypatch.setattr(exchange, "REST", 0.01)
        self.heard = []
        self.changed = threading.Condition()
        self.exchange = Exchange(self.deliver)

    def deliver(self, number, view, found):
        with self.changed:
            self.heard.append((number, view, found))
            self.changed.notify_all()

    def wait(self, condition):
        with self.changed:
            assert self.changed.wait_for(condition, PATIENCE)


@pytest.fixture
def listener(monkeypatch):
    made = Listener(monkeypatch)
    yield made
    made.exchange.close()


def test_the_newest_question_wins_and_none_waits_in_a_queue(listener):
    """One answer is on its way at a time; while it is drawn, 40 questions become one."""
    listener.exchange.ask(View(points=20))
    listener.wait(lambda: any("phase" in found for _, _, found in listener.heard))
    for k in range(40):
        listener.exchange.ask(View(b=-2.0 - 0.01 * k, points=20))
    quick = [number for number, _, found in listener.heard if "phase" in found]
    assert quick == [1]
    listener.exchange.drawn(1)
    listener.wait(
        lambda: any("phase" in found and number > 1 for number, _, found in listener.heard)
    )
    number, view, found = next(
        each for each in listener.heard if each[0] > 1 and "phase" in each[2]
    )
    assert (number, view.b) == (41, -2.0 - 0.01 * 39)
    assert np.array_equal(found["phase"].data["x"], doya.equilibria(view.neuron).x)


def test_only_what_depends_on_a_control_is_computed_again(listener):
    """The diagram over b, the loss over b and the descent do not depend on b."""
    listener.exchange.ask(View(points=20))
    listener.wait(
        lambda: {"loss", "descent"} <= {name for each in listener.heard for name in each[2]}
    )
    listener.exchange.drawn(1)
    count = len(listener.heard)
    listener.exchange.ask(View(points=20, b=-2.3))
    listener.wait(lambda: len(listener.heard) > count)
    time.sleep(0.05)
    assert [{*found} for _, _, found in listener.heard[count:]] == [{"phase", "trajectory"}]


def test_quick_answers_never_wait_for_machine_code(monkeypatch):
    """While it is being prepared they are interpreted, the slow ones as usual."""
    ways = {}

    def answered(view, name, progress):
        ways[name] = running._this_thread.bound
        return answer(view, name, progress)

    monkeypatch.setattr(exchange, "answer", answered)
    with waiting.preparing():
        listener = Listener(monkeypatch)
        listener.exchange.ask(View(points=20))
        listener.wait(lambda: {"loss", "descent", "phase"} <= ways.keys())
        listener.exchange.close()
    assert ways["phase"] is ways["trajectory"] is running.interpret
    assert ways["loss"] is None


def test_an_answer_that_does_not_exist_is_a_sentence(listener):
    listener.exchange.ask(View(w=1e100, b_range=(1.0, 2.0), t_end=0.0, points=5))
    listener.wait(lambda: len({name for each in listener.heard for name in each[2]}) >= 5)
    for _, _, found in listener.heard:
        assert all(not isinstance(each, str) or ": " in each for each in found.values())


def sent(state):
    """Return the columns of a message by the name of their table, as the page's script does."""
    *_, tables, numbers = state.said
    return {
        name: {key: numbers[low:high].tolist() for key, (low, high) in places.items()} | others
        for name, places, others in tables
    }


def test_a_message_has_only_the_columns_that_have_changed():
    """Until the script has reported, each message has everything: it hears only the last one."""
    state, document = State(), Document()
    outbox = Outbox(state, "")
    curve, other = outbox.table("x", "y"), outbox.table("x", "kind")
    document.add_root(Row(figure(), name="page", tags=[curve.source, other.source]))
    with outbox.together():
        curve.put({"x": np.array([0.0, 1.0]), "y": np.array([2.0, math.nan])})
        other.put({"x": np.array([5.0]), "kind": ["LP"]})
    outbox.say("words", "one")
    assert state.said[:4] == [2, "", {"words": "one"}, {}]
    assert sent(state)[other.source.id] == {"x": [5.0], "kind": ["LP"]}
    assert outbox.heard(2) == 0
    with outbox.together():
        curve.put({"x": np.array([0.0, 1.0]), "y": np.array([3.0, math.nan])})
        other.put({"x": np.array([5.0]), "kind": ["LP"]})
        outbox.answer(7, "b=1", {"b": [1.0, "1"]})
    assert state.said[:4] == [3, "b=1", {"words": "one"}, {"b": [1.0, "1"]}]
    assert str(sent(state)) == str({curve.source.id: {"y": [3.0, math.nan]}})
    assert outbox.heard(3) == 7
    curve.renew()
    outbox.say("words", "two")
    assert sent(state)[curve.source.id]["x"] == [0.0, 1.0]


def test_what_stays_the_same_is_not_sent():
    state = State()
    outbox = Outbox(state, "")
    outbox.say("words", "one")
    with outbox.together():
        outbox.say("words", "one")
    assert state.said[0] == 1
