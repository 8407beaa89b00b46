"""The first minute of a new installation: `python tests/explorer_first_minute.py`.

The cache of machine code is empty.  Each half second a key moves b or w; an update ends with the
last repaint before the next key.  The first page ends when no plot is being computed.
"""

from __future__ import annotations

import os
import tempfile
import time

import numpy as np

from browsers import Page, Server
from explorer_latency import HOOK, painted

SECONDS, PAUSE = 60.0, 0.5
KEYS = ("\ue014", "\ue012")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NUMBA_CACHE_DIR"] = folder
        begun = time.monotonic()
        server, page = Server(), Page()
        try:
            started = time.monotonic()
            page.open(server.link())
            opened = time.monotonic()
            page.run(HOOK)
            found = {"b": [], "w": []}
            k = 0
            while time.monotonic() < opened + SECONDS:
                name = "b" if k % 4 < 3 else "w"
                page.focus(f"slider {name}")
                page.driver.execute_script("window.paints = []")
                page.press(KEYS[k // 16 % 2])
                time.sleep(PAUSE)
                paints, pressed, _ = painted(page)
                if paints:
                    found[name].append(paints[-1][0] - pressed)
                k += 1
        finally:
            page.close()
            server.close()
    print(f"server {started - begun:.1f} s, whole first page {opened - started:.1f} s after that")
    for name, times in found.items():
        p95, worst = np.percentile(times, 95), max(times)
        print(f"{len(times)} updates of {name}: p95 {p95:.0f} ms, worst {worst:.0f} ms")


if __name__ == "__main__":
    main()
