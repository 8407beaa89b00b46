"""Processes of sweeps that can be killed: drivers, and workers and a scheduler of dask.

Every chunk that a process begins is a line of a log, and takes a little longer than it needs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import doya

OVER = {"b": [-3.0 + k / 20 for k in range(21)], "x0": [k / 12 for k in range(13)]}
CHUNK = 3000.0

# Run by a driver, and by each worker before it begins.
COUNTED = """
import os, time
from doya.sweeps import computing, runs

def counted(plan, chunk, told=None):
    with open(os.environ["DOYA_TEST_LOG"], "a") as log:
        log.write(f"{chunk}\\n")
    time.sleep(float(os.environ["DOYA_TEST_NAP"]))
    return computing.chunk_of(plan, chunk, told)

runs.chunk_of = counted
"""
DRIVER = f"""{COUNTED}
import sys
from killed_sweeps import swept
swept(sys.argv[1], cluster=sys.argv[2] if len(sys.argv) > 2 else None)
"""


def swept(path, **given):
    """The sweep of the tests, in some 50 chunks."""
    names = ("state", "equilibria")
    return doya.sweep(doya.NeuronODE(), OVER, names, path, chunk_bytes=CHUNK, **given)


# Seconds that a chunk takes longer, so that all kills come in time.
NAP = max(0.05, 0.0125 * int(os.environ.get("DOYA_KILLS", "0")))


def driver(store, log, *address):
    return _started([sys.executable, "-c", DRIVER, str(store), *address], log, subprocess.PIPE)


def _started(words, log, output):
    environment = {
        **os.environ,
        "DOYA_TEST_LOG": str(log),
        "DOYA_TEST_NAP": str(NAP),
        "PYTHONPATH": os.pathsep.join([os.path.dirname(__file__), *filter(None, sys.path)]),
    }
    return subprocess.Popen(
        words, env=environment, stdout=output, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip


def killed(process):
    """Kill it with SIGKILL, and wait until it is gone."""
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)


def lines_of(log):
    return log.read_text().split() if log.exists() else []


def wait_for(there, seconds=60.0):
    """Wait until something is there."""
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end
        time.sleep(0.01)


class Cluster:
    """A scheduler and two workers, each a process of its own on loopback."""

    def __init__(self, folder, log):
        self._folder, self._log = folder, log
        (folder / "counted.py").write_text(COUNTED)
        self.processes = {}
        self.begin()

    def begin(self):
        """Start what does not run; workers whose scheduler is gone are started again."""
        gone = [name for name, each in self.processes.items() if each.poll() is not None]
        if not self.processes or "scheduler" in gone:
            self.end()
            self._file = self._folder / f"scheduler-{time.monotonic_ns()}.json"
            self._start("scheduler", "dask_scheduler", "--port", "0", "--host", "127.0.0.1")
            wait_for(self._file.exists)
        for name in ("one", "two"):
            if name not in self.processes or self.processes[name].poll() is not None:
                self._start(name, "dask_worker", "--nthreads", "1", "--no-nanny", "--preload",
                            str(self._folder / "counted.py"))  # fmt: skip

    def _start(self, name, module, *more):
        module = f"distributed.cli.{module}"
        words = ["-m", module, "--scheduler-file", str(self._file), "--no-dashboard", *more]
        with open(self._folder / f"{name}.txt", "a") as output:  # a full pipe would stop it
            self.processes[name] = _started([sys.executable, *words], self._log, output)

    @property
    def address(self):
        return json.loads(self._file.read_text())["address"]

    def kill(self, *names):
        for name in names:
            killed(self.processes[name])

    def end(self):
        self.kill(*(name for name, each in self.processes.items() if each.poll() is None))
        self.processes.clear()
