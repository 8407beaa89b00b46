"""A headless browser on the explorer's page, for the tests that are marked `browser`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
SWITCHES = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--no-first-run"),
)
# Seconds that the page may take for anything, on a machine that does other things too.
PATIENCE = 30.0

FIND = """
const doc = Bokeh.documents[0]
const models = [...doc.all_models]
const state = models.find((model) => model.type.endsWith("State"))
const named = (name) => models.find((model) => model.name === name)
const view_of = (model) => Bokeh.index.find_one(model)
"""


def reason_to_skip():
    """Return why there is no browser, or ""."""
    try:
        import bokeh  # noqa: F401
        import selenium  # noqa: F401
    except ModuleNotFoundError as error:
        return f"{error.name} is not installed"
    if not (CHROMIUM and DRIVER):
        return "chromium and chromium-driver are not installed"
    return ""


class Server:
    """`doya explore --no-browser` in a process of its own."""

    def __init__(self, *words):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "doya_cli", "explore", "--no-browser", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.address = self.process.stdout.readline().strip()

    def link(self, query=""):
        return self.address.split("?")[0] + (f"?{query}" if query else "")

    def close(self):
        self.process.kill()
        self.process.communicate()


class Page:
    """A tab with the explorer."""

    def __init__(self, width=1500, height=1000):
        from selenium import webdriver
        from selenium.webdriver.chrome.options import Options
        from selenium.webdriver.chrome.service import Service

        options = Options()
        for switch in (*SWITCHES, f"--window-size={width},{height}"):
            options.add_argument(switch)
        options.binary_location = CHROMIUM
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        self.requests = []

    def close(self):
        self.driver.quit()

    def open(self, link):
        """Open a link and wait until its answers are drawn."""
        self.driver.get(link)
        self.wait("window.Bokeh && Bokeh.documents.length > 0")
        self.settle()

    def run(self, code, *arguments):
        return self.driver.execute_script(FIND + code, *arguments)

    def wait(self, condition):
        end = time.monotonic() + PATIENCE
        while not self.driver.execute_script(f"return !!({condition})"):
            assert time.monotonic() < end, condition
            time.sleep(0.02)

    def settle(self, rest=0.5):
        """Wait until the words have not changed, and nothing is computed, for a while."""
        before, since, end = None, time.monotonic(), time.monotonic() + PATIENCE
        while time.monotonic() < since + rest:
            now = self.run(
                "return [state.said[1], state.said[0] > 0 && state.said[0] === state.drawn,"
                ' models.filter((m) => m.title && /computing/.test(m.title.text || "")).length,'
                " JSON.stringify(state.said[2])]"
            )
            if now != before or not now[1] or now[2]:
                before, since = now, time.monotonic()
            assert time.monotonic() < end, now
            time.sleep(0.02)
        return self

    def reload(self):
        self.open(self.driver.current_url)

    def until(self, condition):
        """Wait until a condition of the page's query holds."""
        end = time.monotonic() + PATIENCE
        while not condition(self.query):
            assert time.monotonic() < end, self.query
            time.sleep(0.02)

    @property
    def query(self):
        return self.driver.current_url.partition("?")[2]

    def line(self, name="words"):
        """Return one of the lines of words."""
        return self.driver.execute_script(
            """
            const find = (root) => {
              for (const element of root.querySelectorAll("*")) {
                if (element.dataset && element.dataset.line === arguments[0]) return element
                const found = element.shadowRoot && find(element.shadowRoot)
                if (found) return found
              }
            }
            const line = find(document)
            return line ? line.shadowRoot.querySelector("div").textContent : ""
            """,
            name,
        )

    def wait_for_text(self, kind, text):
        """Wait until a part of a class, in any shadow root, has a text."""
        self.wait(
            f"""(function find(root) {{
              return [...root.querySelectorAll("*")].some((part) =>
                (part.matches(".{kind}") && part.textContent.endsWith("{text}")) ||
                (part.shadowRoot && find(part.shadowRoot)))
            }})(document)"""
        )

    def place(self, name, x, y):
        """Return where a point of a plot is in the window."""
        return self.run(
            """
            const view = view_of(named(arguments[0]))
            const box = view.canvas_view.el.getBoundingClientRect()
            return [box.x + view.frame.x_scale.compute(arguments[1]),
                    box.y + view.frame.y_scale.compute(arguments[2])]
            """,
            *(name, x, y),
        )

    def drag(self, name, start, *ends, pause=0.0):
        """Drag in a plot from a place, in its own numbers, to further ones."""
        from selenium.webdriver.common.action_chains import ActionChains

        self.run('view_of(named(arguments[0])).el.scrollIntoView({block: "center"})', name)
        actions = ActionChains(self.driver, duration=0)
        pointer = actions.w3c_actions.pointer_action
        pointer.move_to_location(*map(round, self.place(name, *start)))
        pointer.pointer_down()
        for end in ends:
            pointer.move_to_location(*map(round, self.place(name, *end)))
            if pause:
                pointer.pause(pause)
        pointer.pointer_up()
        actions.perform()

    def source(self, name, column, count=0):
        """Return a column of one of a plot's lines, as numbers."""
        text = self.run(
            """
            const lines = named(arguments[0]).renderers.filter((r) => r.glyph.type === "Line")
            const data = lines[arguments[2]].data_source.get(arguments[1])
            return JSON.stringify(Array.from(data, (value) => isNaN(value) ? null : value))
            """,
            *(name, column, count),
        )
        return [float("nan") if value is None else value for value in json.loads(text)]

    def press(self, *keys, holding=""):
        from selenium.webdriver.common.action_chains import ActionChains

        actions = ActionChains(self.driver)
        for key in holding:
            actions.key_down(key)
        actions.send_keys(*keys)
        for key in holding:
            actions.key_up(key)
        actions.perform()

    def focus(self, data):
        """Focus the part with a mark; the slider's handle or the field in it, if it has one."""
        self.driver.execute_script(
            """
            const find = (root) => {
              for (const element of root.querySelectorAll("*")) {
                if (element.dataset && element.dataset.doya === arguments[0]) {
                  const inside = element.shadowRoot
                  return (inside && inside.querySelector("input, .noUi-handle")) || element
                }
                const found = element.shadowRoot && find(element.shadowRoot)
                if (found) return found
              }
              return null
            }
            const part = find(document)
            part.scrollIntoView({block: "center"})
            part.focus()
            """,
            data,
        )

    def problems(self):
        """Return what the console complains about."""
        return [
            each["message"]
            for each in self.driver.get_log("browser")
            if each["level"] in ("SEVERE", "WARNING")
        ]

    def hosts(self):
        """Return the hosts to which the page has sent requests, with those of its sockets."""
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            url = message["params"].get("request", {}).get("url") or message["params"].get("url")
            if message["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated"):
                self.requests.append(url)
        found = {re.sub(r"^(\w+:(//)?[^/:,;]*).*", r"\1", url, flags=re.S) for url in self.requests}
        return {each for each in found if not each.startswith(("data", "blob", "chrome"))}
