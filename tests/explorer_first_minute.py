"""The first minute of a new installation: `python tests/explorer_first_minute.py`.

The cache of machine code is empty.  Each half second a key moves b or w.  An update ends when its
own answer is drawn; keys are pressed within the page, so that the browser's driver delays nothing.
The first page ends when no plot is being computed.
"""

from __future__ import annotations

import os
import tempfile
import time

import numpy as np

from browsers import Page, Server

SECONDS, PAUSE, PATIENCE = 60.0, 0.5, 20.0
KEYS = """
const [seconds, pause, patience, done] = arguments
const models = [...Bokeh.documents[0].all_models]
const state = models.find((model) => model.type.endsWith("State"))
const updates = []
const end = performance.now() + 1000 * seconds
let k = 0
const press = () => {
  const begun = performance.now()
  if (begun > end) return done(updates)
  const name = k % 4 < 3 ? "b" : "w"
  const before = state.said[1]
  state.key = [state.key[0] + 1, "slider " + name, (k >> 4) % 2 ? -1 : 1, 0]
  k += 1
  const look = () => {
    const passed = performance.now() - begun
    if (state.said[1] !== before && state.drawn === state.said[0] || passed > 1000 * patience) {
      updates.push([name, passed])
      setTimeout(press, Math.max(1000 * pause - passed, 0))
    } else requestAnimationFrame(look)
  }
  look()
}
press()
"""


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NUMBA_CACHE_DIR"] = folder
        begun = time.monotonic()
        server, page = Server(), Page()
        try:
            page.driver.set_script_timeout(SECONDS + 2.0 * PATIENCE)
            started = time.monotonic()
            page.open(server.link())
            opened = time.monotonic()
            found = page.driver.execute_async_script(KEYS, SECONDS, PAUSE, PATIENCE)
        finally:
            page.close()
            server.close()
    print(f"server {started - begun:.1f} s, whole first page {opened - started:.1f} s after that")
    for name in "bw":
        times = [passed for which, passed in found if which == name]
        middle, p95 = np.percentile(times, [50, 95])
        print(
            f"{len(times)} updates of {name}: median {middle:.0f} ms, p95 {p95:.0f} ms,"
            f" worst {max(times):.0f} ms"
        )


if __name__ == "__main__":
    main()
