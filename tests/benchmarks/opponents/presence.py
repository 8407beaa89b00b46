"""Opponents by name: whether they are installed, in this process or in one of their own."""

import importlib
import importlib.util
import multiprocessing
import shutil
import time
from concurrent.futures import ProcessPoolExecutor

import pytest

PEERS = "pip install doya[peers]"
MODULES = {"brainpy": PEERS, "diffrax": PEERS, "heyoka": PEERS, "jax": PEERS}
MODULES["optax"] = "pip install optax"
PROGRAMS = {name: f"Debian package {name}" for name in ("auto-07p", "gcc", "gfortran")}


def require(name):
    """Skips a benchmark whose opponent is missing, by its name."""
    if name in MODULES and importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} ({MODULES[name]})")
    if name in PROGRAMS and shutil.which(name) is None:
        pytest.skip(f"{name} ({PROGRAMS[name]})")


def answered(module, name, arguments):
    """The seconds it took, and the answer."""
    function = getattr(importlib.import_module(module), name)
    start = time.perf_counter()
    answer = function(*arguments)
    return time.perf_counter() - start, answer


class Elsewhere:
    """An opponent's functions in a process of their own, as one would run them.

    Their memory and threads, and whatever they import, are none of doya's.
    """

    def __init__(self, name):
        require(name)
        self.module = f"benchmarks.opponents.by_{name}"
        self.pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.pool.shutdown()

    def call(self, name, *arguments):
        """The function's answer."""
        return self.pool.submit(answered, self.module, name, arguments).result()[1]

    def timed(self, name, *arguments):
        """A run of the function, which tells its seconds."""
        return lambda: self.pool.submit(answered, self.module, name, arguments).result()[0]
