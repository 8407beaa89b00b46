import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mpmath import mp, mpf

import doya.kernels
from doya.kernels.exponential import exp_negative
from doya.kernels.logistic import sigmoid, sigmoid_slope
from doya.kernels.parallel import CHUNK, in_chunks, thread_count


def test_exp_negative_is_within_one_ulp_everywhere():
    """From 0 to underflow, subnormal results included."""
    rng = np.random.default_rng(1)
    points = np.concatenate(
        [-rng.uniform(0, 1, 500), -rng.uniform(0, 745, 1500), -(10.0 ** rng.uniform(-300, 0, 200))]
    )
    for x in points.tolist():
        value, truth = exp_negative(x), mp.exp(mpf(x))
        assert abs(mpf(value) - truth) <= mpf(float(np.spacing(float(truth))))
    assert [exp_negative(x) for x in (0.0, -0.0, -746.0, -1e300)] == [1.0, 1.0, 0.0, 0.0]


def test_sigmoid_and_its_slope_keep_their_accuracy_in_both_tails():
    """Relative to 40 digits, over z from -745 to 745."""
    z = np.linspace(-745.0, 745.0, 1491)
    for value, slope, at in zip(sigmoid(z), sigmoid_slope(z), z, strict=True):
        truth = 1 / (1 + mp.exp(-mpf(at)))
        assert abs(mpf(value) - truth) <= 2 * mpf(float(np.spacing(float(truth))))
        truth *= 1 / (1 + mp.exp(mpf(at)))
        assert abs(mpf(slope) - truth) <= 4 * mpf(float(np.spacing(float(truth))))


@pytest.mark.parametrize("length", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_chunks_cover_everything_once_in_order(length):
    parts = in_chunks(lambda part: list(range(part.start, part.stop)), length)
    assert list(itertools.chain(*parts)) == list(range(length))


@pytest.mark.parametrize(("wanted", "count"), [("3", 3), ("0", None), ("-1", None), ("x", None)])
def test_the_number_of_threads_can_be_set(monkeypatch, wanted, count):
    monkeypatch.setenv("DOYA_NUM_THREADS", wanted)
    if count is None:
        assert thread_count() >= 1
    else:
        assert thread_count() == count


MANY = """
import numpy as np
import doya
from doya.kernels.compilation import compiled
from doya.kernels.equilibria import solve

found = doya.equilibria(doya.NeuronODE(5.0, np.linspace(-3, -2, 6000)))
statistics = compiled(solve).stats
print(sum(statistics.cache_hits.values()), sum(statistics.cache_misses.values()))
print(found.x[3000, 0].hex())
"""


def run(code, folder, **environment):
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.split()


def test_a_second_process_compiles_nothing(tmp_path):
    """The first misses the empty cache once, the next hits it."""
    assert run(MANY, tmp_path, NUMBA_CACHE_DIR=str(tmp_path))[:2] == ["0", "1"]
    assert run(MANY, tmp_path, NUMBA_CACHE_DIR=str(tmp_path))[:2] == ["1", "0"]


def test_an_edited_kernel_is_not_served_stale(tmp_path):
    """A change in a file that the compiled one only imports changes the numbers at once."""
    shutil.copytree(Path(doya.__file__).parent, tmp_path / "doya")
    here = {"PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    before = run(MANY, tmp_path, **here)
    source = tmp_path / "doya" / "kernels" / "exponential.py"
    text = source.read_text()
    assert text.count("q = q * r + 0.5\n") == 1
    source.write_text(text.replace("q = q * r + 0.5\n", "q = q * r + 0.50001\n"))
    after = run(MANY, tmp_path, **here)
    assert after[:2] == ["0", "1"]
    assert after[2] != before[2]
