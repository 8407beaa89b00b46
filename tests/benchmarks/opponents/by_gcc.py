"""Loops in C, with all that gcc offers: -Ofast -march=native -fopenmp and libmvec's vector exp."""

import ctypes
import pathlib
import subprocess

import numpy as np
import pytest

HERE = pathlib.Path(__file__).parent
COMMAND = ["gcc", "-Ofast", "-march=native", "-fopenmp", "-shared", "-fPIC"]
ARRAY = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")
INT, LONG, DOUBLE = ctypes.c_int, ctypes.c_long, ctypes.c_double


def compiled(source, folder, *definitions):
    """A source beside this file, as a library."""
    library = folder / "-".join([source, *definitions, "loop.so"])
    subprocess.run([*COMMAND, *definitions, HERE / source, "-lm", "-o", library], check=True)
    if b"_ZGV" not in library.read_bytes():
        pytest.skip("gcc with libmvec (glibc's vector exp)")
    return ctypes.CDLL(str(library))


def states(folder):
    """states(w, b, x0, steps, threads) of the map."""
    function = compiled("map.c", folder).states
    function.argtypes = [LONG, LONG, DOUBLE, ARRAY, DOUBLE, ARRAY, INT]
    function.restype = None

    def answer(w, b, x0, steps, threads):
        x = np.empty_like(b)
        function(b.size, steps, w, b, x0, x, threads)
        return x

    return answer


def exponents(folder, factors):
    """exponents(w, b, epsilon, x0, steps, threads), with one logarithm of several factors."""
    function = compiled("exponents.c", folder, f"-DFACTORS={factors}").exponents
    function.argtypes = [LONG, LONG, ARRAY, ARRAY, DOUBLE, DOUBLE, ARRAY, INT]
    function.restype = None

    def answer(w, b, epsilon, x0, steps, threads):
        mean = np.empty(w.size)
        function(w.size, steps, w, b, epsilon, x0, mean, threads)
        return mean

    return answer
