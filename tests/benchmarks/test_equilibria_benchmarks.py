"""How fast, as ratios to named opponents in the same run: pytest tests/benchmarks -s"""

import math
import os
import shutil
import subprocess
import time

import numpy as np
import pytest
from scipy.optimize import brentq

import doya

AUTO_EQUATIONS = """
      SUBROUTINE FUNC(NDIM,U,ICP,PAR,IJAC,F,DFDU,DFDP)
      IMPLICIT NONE
      INTEGER, INTENT(IN) :: NDIM, ICP(*), IJAC
      DOUBLE PRECISION, INTENT(IN) :: U(NDIM), PAR(*)
      DOUBLE PRECISION, INTENT(OUT) :: F(NDIM)
      DOUBLE PRECISION, INTENT(INOUT) :: DFDU(NDIM,NDIM), DFDP(NDIM,*)
      F(1) = -U(1) + 1D0/(1D0 + EXP(-(5D0*U(1) + PAR(1))))
      END SUBROUTINE FUNC
      SUBROUTINE STPNT(NDIM,U,PAR,T)
      IMPLICIT NONE
      INTEGER, INTENT(IN) :: NDIM
      DOUBLE PRECISION, INTENT(INOUT) :: U(NDIM), PAR(*)
      DOUBLE PRECISION, INTENT(IN) :: T
      PAR(1) = -3D0
      U(1) = 0.06423423887342293D0
      END SUBROUTINE STPNT
      SUBROUTINE BCND
      END SUBROUTINE BCND
      SUBROUTINE ICND
      END SUBROUTINE ICND
      SUBROUTINE FOPT
      END SUBROUTINE FOPT
      SUBROUTINE PVLS
      END SUBROUTINE PVLS
"""
AUTO_CONSTANTS = """
NDIM=1, IPS=1, IRS=0, ILP=1
ICP=[1]
NTST=15, NCOL=4, IAD=3, ISP=1, ISW=1, IPLT=0, NBC=0, NINT=0
NMX=1000, NPR=1000, MXBF=0, IID=2, ITMX=8, ITNW=5, NWTN=3, JAC=0
EPSL=1e-07, EPSU=1e-07, EPSS=1e-05
DS=0.005, DSMIN=0.0001, DSMAX=0.01, IADS=1
NPAR=1, THL={}, THU={}
RL0=-3.05, RL1=-2.0
"""


def bistable_neurons(count):
    """w in [4.2, 40], b across the band, and the fold at -Z of each."""
    rng = np.random.default_rng(2026)
    w = rng.uniform(4.2, 40.0, count)
    root = np.sqrt(1.0 - 4.0 / w)
    upper = np.log((1.0 - root) / (1.0 + root)) - 0.5 * w * (1.0 - root)
    lower = -w - upper
    b = lower + (upper - lower) * rng.uniform(0.001, 0.999, count)
    return w, b, np.log((1.0 + root) / (1.0 - root))


def seconds_by_brentq(w, b, big_z):
    def g(z, w, b):
        return z - w / (1.0 + math.exp(-z)) - b

    start = time.perf_counter()
    for wi, bi, zi in zip(w.tolist(), b.tolist(), big_z.tolist(), strict=True):
        for low, high in ((bi - 1.0, -zi), (-zi, zi), (zi, bi + wi + 1.0)):
            brentq(g, low, high, args=(wi, bi), xtol=1e-15, rtol=1e-15)
    return time.perf_counter() - start


def test_a_million_bistable_neurons_against_brentq(benchmark):
    """All three equilibria of each, at least 300 times faster per neuron than `brentq`."""
    count = 1_000_000
    w, b, big_z = bistable_neurons(count)
    neuron = doya.NeuronODE(w, b)
    found = benchmark.pedantic(doya.equilibria, (neuron,), rounds=7, warmup_rounds=1)
    assert (found.count == 3).all()
    few = slice(0, 5000)
    brent = seconds_by_brentq(w[few], b[few], big_z[few]) / 5000
    ours = benchmark.stats.stats.median / count
    print(
        f"\nequilibria: {ours * 1e9:.0f} ns a neuron, brentq {brent * 1e6:.1f} us:"
        f" {brent / ours:.0f} times faster"
    )
    assert brent / ours >= 300


@pytest.mark.skipif(
    not (shutil.which("auto-07p") and shutil.which("gfortran")),
    reason="needs auto-07p and gfortran (Debian: auto-07p, gfortran)",
)
def test_the_diagram_at_w_5_against_auto(benchmark, tmp_path):
    """Folds and 600 points, at least 20 times faster than AUTO-07p's own time for about 200."""
    (tmp_path / "doya.f90").write_text(AUTO_EQUATIONS)
    folder = next(p for p in ("/usr/lib/auto-07p", "/usr/share/auto-07p") if os.path.isdir(p))
    environment = {**os.environ, "AUTO_DIR": folder}
    neuron = doya.NeuronODE(w=5.0)
    auto_times, our_times = [], []
    for _ in range(15):  # in turn, so that what else the machine does meets both
        printed = subprocess.run(
            ["make", "-s", "-f", f"{folder}/cmds/cmds.make", "EQUATION_NAME=doya"],
            cwd=tmp_path,
            env=environment,
            input=AUTO_CONSTANTS,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        auto_times.append(float(printed.split("Total Time")[1].split()[0]))
        for _ in range(20):
            start = time.perf_counter()
            diagram = doya.bifurcation_diagram(neuron)
            our_times.append(time.perf_counter() - start)
    assert printed.count(" LP ") == 2
    assert len(diagram.special_points) == 2
    points = int(printed.split(" EP ")[-2].split()[-1])
    benchmark(doya.bifurcation_diagram, neuron)
    auto, ours = float(np.median(auto_times)), float(np.median(our_times))
    print(
        f"\ndiagram at w = 5: {ours * 1e6:.0f} us for 600 points, AUTO-07p {auto * 1e3:.2f} ms"
        f" for {points}: {auto / ours:.0f} times faster"
    )
    assert auto / ours >= 20
