"""The explorer in a real browser: `pytest -m browser`."""

import contextlib
import http.client
import json
import os
import pathlib
import random
import re
import urllib.request

import numpy as np
import pytest

import doya
from browsers import Page, Server
from doya.explorer.presets import PRESETS
from doya.explorer.view import View

pytestmark = pytest.mark.browser
# Sockets that attack the server, and messages of each.
SOCKETS = int(os.environ.get("EXPLORER_ATTACKS", "12"))
FRAMES = 40


@pytest.fixture(scope="module")
def server():
    made = Server()
    yield made
    made.close()


@pytest.fixture(scope="module")
def tab():
    made = Page()
    yield made
    made.close()


@pytest.fixture
def page(tab, server):
    tab.problems()
    tab.open(server.link())
    yield tab
    assert tab.problems() == []
    assert tab.hosts() <= {"http://127.0.0.1", "ws://127.0.0.1"}


def test_b_dragged_across_the_fold_is_in_the_picture_the_words_and_the_link(page):
    """The last picture is that of the last b, bit for bit; a reload shows the same view."""
    page.drag("diagram", (-2.0, 0.5), *((-2.0 - 0.05 * k, 0.5) for k in range(1, 21)), pause=0.02)
    page.settle()
    view = View.from_query(page.query)
    assert view.b == pytest.approx(-3.0, abs=0.005)
    assert view.replace(b=-2.4) == View()
    states = doya.simulate(view.neuron, 0.5, 50.0, points=201).x
    assert np.array_equal(page.source("trajectory", "y", 1), states)
    rest = doya.equilibria(view.neuron).x
    assert page.line().startswith(f"1 attractor {rest[0]:.3g};")
    before = [page.line(), page.query, page.source("phase", "y", 2)]
    page.reload()
    assert [page.line(), page.query, page.source("phase", "y", 2)] == before


def value(query, option):
    return getattr(View.from_query(query), option)


def test_each_control_can_be_moved_by_keys(page):
    """Arrows by a step, with Shift by a tenth of it; also in a field and in a plot."""
    from selenium.webdriver.common.keys import Keys

    for target, key, option, by in (
        ("slider b", Keys.ARROW_RIGHT, "b", 0.02),
        ("slider w", Keys.ARROW_DOWN, "w", -0.02),
        ("field x0", Keys.ARROW_UP, "x0", 0.01),
        ("slider t_end", Keys.ARROW_LEFT, "t_end", -1.0),
        ("slider target", Keys.ARROW_RIGHT, "target", 0.01),
        ("slider steps", Keys.ARROW_LEFT, "steps", -1),
        ("diagram", Keys.ARROW_LEFT, "b", -0.02),
        ("trajectory", Keys.ARROW_DOWN, "x0", -0.01),
        ("loss", Keys.ARROW_RIGHT, "start_b", 0.02),
    ):
        before = value(page.query, option)
        page.focus(target)
        page.press(key)
        page.until(lambda query, option=option, old=before: value(query, option) != old)
        assert value(page.query, option) - before == pytest.approx(by), target
    page.focus("slider b")
    before = value(page.query, "b")
    page.press(Keys.ARROW_RIGHT, holding=Keys.SHIFT)
    page.until(lambda query: value(query, "b") != before)
    assert value(page.query, "b") - before == pytest.approx(0.002)


def test_the_numbers_of_a_curve_are_under_the_mouse(page):
    x, y = page.place("trajectory", 20.0, page.source("trajectory", "y", 1)[80])
    for off in (3.0, 0.0):
        place = {"type": "mouseMoved", "x": x + off, "y": y}
        page.driver.execute_cdp_cmd("Input.dispatchMouseEvent", place)
    shown = doya.simulate(View().neuron, 0.5, 50.0, points=201).x[80]
    page.wait_for_text("bk-tooltip-content", f"20, {shown:.5g}")


def test_a_task_is_learned_in_the_page(tab, server):
    tab.problems()
    tab.open(server.link("dynamics=map&task=latch&sequences=4&length=9&second=plane"))
    task = doya.tasks.latch(sequences=4, steps=(9, 11))
    neuron = doya.NeuronMap(5.0, -2.4)
    axes = {"b": np.linspace(-3.5, -1.5, 200)}
    expected = doya.loss_landscape(neuron, axes, task=task).curve.loss
    assert np.array_equal(tab.source("loss", "y", 1), expected)
    bars = tab.run("return named('plane').right.filter((m) => m.visible).length")
    assert bars == 1
    assert tab.problems() == []


def test_back_and_forward_show_the_views_before_and_after(page):
    from selenium.webdriver.common.keys import Keys

    for b in (-2.2, -2.7):
        page.focus("field b")
        page.press("a", holding=Keys.CONTROL)
        page.press(f"{b}", Keys.ENTER)
        page.until(lambda query, b=b: value(query, "b") == b)
        page.settle(1.1)
    page.driver.back()
    page.until(lambda query: value(query, "b") == -2.2)
    page.settle()
    assert page.line().startswith("1 attractor 0.915;")
    page.driver.forward()
    page.settle()
    assert value(page.query, "b") == -2.7
    assert page.line().startswith("1 attractor 0.0995;")


def test_a_wrong_link_is_reported_in_words_never_as_html(tab, server):
    tab.open(server.link("w=5&b=-2.5&x0=%3Cimg%20src%3Dx%3E&colour=red"))
    assert tab.line("problem") == (
        "x0 must be a number, got '<img src=x>'.  'colour' is not an option of the explorer."
    )
    assert "2 attractors 0.145, 0.855; wall at b = \u22122.5;" in tab.line()
    assert tab.run("return document.querySelectorAll('img').length") == 0


@pytest.mark.parametrize("preset", ["Pascanu's surface", "Chaos"])
def test_a_preset_is_drawn(tab, server, preset):
    tab.problems()
    tab.open(server.link(PRESETS[preset]))
    assert View.from_query(tab.query) == View.from_query(PRESETS[preset])
    assert tab.line("problem") == ""
    assert re.search(r"x\(T\) = [0-9.e\u2212-]+; ", tab.line())
    assert tab.problems() == []


def test_below_900_pixels_the_plots_come_first(tab, server):
    tab.driver.set_window_size(500, 900)
    tab.open(server.link())
    top = "return view_of(named(arguments[0])).el.getBoundingClientRect().top"
    slider = tab.run(
        "return view_of(models.find((m) => m.type === 'Slider')).el.getBoundingClientRect().top"
    )
    tops = [tab.run(top, name) for name in ("diagram", "phase", "trajectory", "loss")]
    assert [*tops, slider] == sorted([*tops, slider])
    assert tab.run("return document.documentElement.scrollWidth <= innerWidth")
    tab.driver.set_window_size(1500, 1000)


def test_hidden_groups_are_not_there(tab, server):
    tab.open(server.link("hide=training&hide=presets"))
    shown = tab.run(
        "return models.filter((m) => m.type === 'Slider')"
        ".filter((m) => view_of(m).el.getBoundingClientRect().height > 0).map((m) => m.title)"
    )
    assert {"w", "b", "x(0)", "T"} <= {*shown}
    assert not {"rate", "steps"} & {*shown}


@pytest.mark.skipif("AXE_CORE" not in os.environ, reason="AXE_CORE is not the path of axe.min.js")
@pytest.mark.parametrize("query", ["", "style=dark", "dynamics=map&second=plane"])
def test_axe_finds_no_serious_violation(tab, server, query):
    tab.open(server.link(query))
    tab.wait("!document.hidden")
    tab.settle(2.5)  # until the parts have their names
    tab.driver.execute_script(pathlib.Path(os.environ["AXE_CORE"]).read_text())
    found = tab.driver.execute_async_script(
        "const [done] = arguments; axe.run(document).then((all) => done(all.violations))"
    )
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []


def frames(draw, names):
    """Yield frames that look like Bokeh's messages, and are not."""
    anything = [
        None,
        True,
        -1,
        1e308,
        "x" * 99,
        [],
        {},
        [[]],
        "\x00",
        {"type": "map", "entries": 3},
    ]
    for _ in range(FRAMES):
        name, value = draw.choice(names), draw.choice(anything)
        kind = draw.choice(["ModelChanged", "MessageSent", "RootAdded", "ColumnDataChanged", ""])
        patch = {"kind": kind, "model": {"id": name}, "attr": draw.choice(["key", "asked"])}
        message = {"events": draw.choice([[patch | {"new": value}], value]), "references": value}
        header = {"msgid": "1", "msgtype": draw.choice(["PATCH-DOC", "PULL-DOC-REQ", "NO"])}
        parts = [json.dumps(each) for each in (header, {}, message)]
        yield from draw.choice([parts, parts[:2], ["{", parts[2]], [b"\xff\x00"], parts[::-1]])


def test_hostile_frames_leave_the_server_silent_and_alive(tab):
    """Each socket takes frames until the server closes it, or some are sent."""
    import asyncio

    from tornado.websocket import WebSocketClosedError, websocket_connect

    own = Server()
    draw = random.Random(1)

    async def attack():
        with urllib.request.urlopen(own.link()) as page:
            text = page.read().decode()
        token = re.search(r'"token":"([^"]+)"', text).group(1)
        names = re.findall(r'"(p?\d+)"', text)[:5] or ["p1001"]
        address = own.link().replace("http", "ws") + "ws"
        socket = await websocket_connect(address, subprotocols=["bokeh", token])
        try:
            for frame in frames(draw, names):
                await socket.write_message(frame, binary=isinstance(frame, bytes))
                await asyncio.sleep(0)
        except WebSocketClosedError:
            pass
        socket.close()

    async def attacks():
        for _ in range(SOCKETS):
            await attack()

    try:
        asyncio.run(attacks())
        tab.open(own.link())
        assert tab.line().startswith("2 attractors 0.19, 0.882;")
    finally:
        own.process.kill()
        printed, complaints = own.process.communicate()
    assert (printed, complaints) == ("", "")


def status_of(port, path, headers=None):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        connection.request("GET", path, headers=headers or {})
        with connection.getresponse() as answer:
            return answer.status


def test_another_path_or_origin_is_refused(server):
    """Who does not know the address gets no page; a page from elsewhere gets no socket."""
    port = int(server.address.split(":")[2].split("/")[0])
    for path in ("/", "/ws", "/static/js/bokeh.min.js", "/x" * 9):
        assert status_of(port, path) == 404
    own = "/" + server.address.split("/")[3]
    headers = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": "http://example.org",
        "Sec-WebSocket-Protocol": "bokeh, x",
    }  # fmt: skip
    assert status_of(port, f"{own}/ws", headers) == 403
