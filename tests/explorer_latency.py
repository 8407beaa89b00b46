"""How soon the explorer draws, beside the plainest Bokeh app: `python tests/explorer_latency.py`.

Both are measured in turns in the same run.  A latency is the time from a key's press on the slider
of b to the last repaint that it causes.  A drag is planned for 2 s, from b = -2 to -3.
"""

from __future__ import annotations

import pathlib
import statistics
import subprocess
import sys
import time

from browsers import Page, Server

KEYS, ROUNDS = 5, 2
HOOK = """
window.paints = []
window.pressed = 0
const view = view_of(named("trajectory"))
const proto = Object.getPrototypeOf(Object.getPrototypeOf(view))
for (const level of [view.constructor.prototype, proto]) {
  if (Object.hasOwn(level, "paint")) {
    const own = level.paint
    level.paint = function (...given) {
      const answer = own.apply(this, given)
      window.paints.push([performance.now(), this.model.name])
      return answer
    }
    break
  }
}
document.addEventListener("keydown", () => { window.pressed = performance.now() }, true)
document.addEventListener("pointerdown", () => { window.down = performance.now() }, true)
"""
QUIET, DRAG = 0.6, 2.0


def painted(page):
    return page.driver.execute_script("return [window.paints, window.pressed, window.down]")


def wait_for_quiet(page):
    """Wait until nothing is painted for a while."""
    count = -1
    while count != (count := len(painted(page)[0])):
        time.sleep(QUIET)


def latencies(page, mark):
    """Return the milliseconds from each key to the last repaint."""
    found = []
    for key in ["\ue014"] * KEYS + ["\ue012"] * KEYS:
        page.driver.execute_script("window.paints = []")
        page.focus(mark)
        page.press(key)
        wait_for_quiet(page)
        paints, pressed, _ = painted(page)
        if paints:
            found.append(paints[-1][0] - pressed)
    return found


# A hand that moves at each frame; the browser's driver alone would be slower than the page.
HAND = """
const [left, right, y, seconds, done] = arguments
const models = [...Bokeh.documents[0].all_models]
const view = Bokeh.index.find_one(models.find((model) => model.name === "diagram"))
const part = view.canvas_view.events_el
part.setPointerCapture = part.releasePointerCapture = () => {}
const send = (type, clientX, buttons) => part.dispatchEvent(new PointerEvent(type, {
  bubbles: true, composed: true, cancelable: true, pointerId: 1, pointerType: "mouse",
  isPrimary: true, clientX, clientY: y, buttons, button: type === "pointermove" ? -1 : 0,
}))
send("pointerdown", right, 1)
const begun = performance.now()
const step = () => {
  const share = Math.min((performance.now() - begun) / (1000 * seconds), 1)
  send("pointermove", right + share * (left - right), 1)
  if (share < 1) return requestAnimationFrame(step)
  send("pointerup", left, 0)
  done()
}
requestAnimationFrame(step)
"""


def drag(page):
    """Return the repaints of a plot in a second while b is dragged, and the seconds in all."""
    page.driver.execute_script("window.paints = []")
    (left, y), (right, _) = (page.place("diagram", b, 0.5) for b in (-3.0, -2.0))
    page.driver.execute_async_script(HAND, left, right, y, DRAG)
    wait_for_quiet(page)
    paints, _, down = painted(page)
    times = [at for at, name in paints if name == "trajectory"]
    seconds = (times[-1] - down) / 1000.0
    return len(times) / seconds, seconds


def main():
    plain = subprocess.Popen(
        [sys.executable, str(pathlib.Path(__file__).with_name("plain_explorer.py"))],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    server, page = Server(), Page()
    own, theirs = [], []
    try:
        address = plain.stdout.readline().strip()
        for _ in range(ROUNDS):
            page.open(server.link())
            page.run(HOOK)
            own += latencies(page, "slider b")
            page.driver.get(address)
            page.wait("window.Bokeh && Bokeh.documents.length > 0 && Bokeh.index.roots.length > 0")
            time.sleep(2.0)
            page.run(HOOK)
            theirs += latencies(page, "slider")
        page.open(server.link("b=-2"))
        page.run(HOOK)
        rates = [drag(page) for _ in range(ROUNDS)]
    finally:
        page.close()
        server.close()
        plain.kill()
        plain.communicate()
    for name, found in (("doya explore", own), ("plain Bokeh app", theirs)):
        median, worst = statistics.median(found), max(found)
        print(f"{name:16} {median:6.0f} ms to the last repaint, at worst {worst:6.0f} ms")
    print(f"ratio of medians {statistics.median(theirs) / statistics.median(own):.2f}")
    for rate, seconds in rates:
        print(f"drag of 2.0 s    {rate:6.1f} repaints per second, {seconds:.2f} s in all")


if __name__ == "__main__":
    main()
