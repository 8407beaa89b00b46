"""The Hessian of the loss, and its largest curvature, against Taylor series and recursions."""

import math

import numpy as np
import pytest
from mpmath import mp, mpf

import doya
import second_oracle
from shell import answer, doya_

B = np.linspace(-3.0, -2.0, 21)


def test_the_hessian_is_that_of_the_loss_in_each_cell():
    """The map over b and w, by its recursion in 30 digits; both orders of a pair."""
    w = np.array([4.5, 5.0, 5.5])
    neuron = doya.NeuronMap(epsilon=0.6)
    found = doya.loss_landscape(neuron, {"b": B[::5], "w": w}, 0.5, 12, 0.7, hessian=True)
    assert set(found.hessian) == {(p, q) for p in "bw" for q in "bw"}
    with mp.workdps(30):
        for i, b in enumerate(B[::5].tolist()):
            for k, weight in enumerate(w.tolist()):
                x, first, second = second_oracle.iterate(weight, b, 0.6, 0.5, [0] * 12)
                for p, q in (("b", "b"), ("b", "w"), ("w", "w")):
                    exact = 2 * (first[p] * first[q] + (x - mpf(0.7)) * second[p, q])
                    assert found.hessian[p, q][i, k] == pytest.approx(float(exact), rel=1e-11)
                    assert found.hessian[q, p][i, k] == found.hessian[p, q][i, k]


@pytest.mark.parametrize(
    ("end", "exact"),
    [(10.0, 341.8816), (20.0, 60953.48), (30.0, 9184365.1)],
)
def test_the_largest_curvature_is_refined_at_the_wall(end, exact):
    """The geometric model's, by second differences in 40 digits; a grid misses it."""
    found = doya.loss_landscape(doya.NeuronODE(5.0), {"b": B}, t_end=end, hessian=True)
    largest = found.largest_curvature
    assert largest.value == pytest.approx(exact, rel=2e-7)
    assert largest.on_grid < 0.9 * largest.value
    assert not largest.is_lower_bound
    assert largest.message == ""
    assert -2.5 < largest.at["b"] < -2.49


def test_it_grows_as_the_square_of_the_gradient():
    """From T = 50 to 100 by e**25, at 2.813 e**(T/2)."""
    values = [
        doya.loss_landscape(
            doya.NeuronODE(5.0), {"b": B}, t_end=end, hessian=True
        ).largest_curvature.value
        for end in (50.0, 100.0)
    ]
    assert math.log(values[1] / values[0]) == pytest.approx(25.0, abs=1e-4)
    assert values[0] / math.exp(25.0) == pytest.approx(2.8133, abs=5e-4)


def test_over_two_parameters_it_is_the_largest_eigenvalue():
    """By NumPy's eigenvalues of the Hessian of every cell."""
    w = np.linspace(4.6, 5.4, 5)
    found = doya.loss_landscape(doya.NeuronODE(), {"b": B, "w": w}, t_end=5.0, hessian=True)
    matrices = np.array([[found.hessian[p, q] for q in "bw"] for p in "bw"])
    eigenvalues = np.linalg.eigvalsh(np.moveaxis(matrices, (0, 1), (-2, -1)))
    assert found.largest_curvature.on_grid == pytest.approx(np.abs(eigenvalues).max(), rel=1e-12)
    assert found.largest_curvature.value >= found.largest_curvature.on_grid
    assert set(found.largest_curvature.at) == {"b", "w"}


def test_a_landscape_without_walls_is_refined_around_its_cell():
    """At w = 2 over x0, where no wall is: 2 s**2 + 2 (x - y) S by Taylor series at its place."""
    neuron = doya.NeuronODE(2.0, -1.0)
    over = {"x0": np.linspace(0.0, 1.0, 5)}
    largest = doya.loss_landscape(neuron, over, t_end=1.0, hessian=True).largest_curvature
    x, first, second = second_oracle.flow(2.0, -1.0, largest.at["x0"], [(1.0, 0.0)], digits=17)
    exact = 2 * (first["x0"] ** 2 + (x - mpf(0.855)) * second["x0", "x0"])
    assert largest.value == pytest.approx(abs(float(exact)), rel=1e-12)


def test_without_the_hessian_there_is_no_curvature():
    found = doya.loss_landscape(doya.NeuronODE(), {"b": B})
    assert found.hessian == {}
    assert "hessian" not in repr(found)
    with pytest.raises(ValueError, match="hessian=True"):
        _ = found.largest_curvature


def test_the_command_lists_the_curvature(here):
    options = "landscape --over b -3 -2 --points 21 --t-end 20 --hessian"
    result = answer(f"{options} --json")["result"]
    assert result["max_curvature"]["value"] == pytest.approx(60953.48, rel=1e-6)
    assert len(result["curve"]["hessian_b_b"]) == len(result["curve"]["b"])
    assert "max_curvature" not in answer("landscape --points 9 --json")["result"]
    done = doya_(f"{options} -o loss.csv")
    assert "largest curvature" in done.stdout
    assert (here / "loss.csv").read_text().count("hessian_b_b") == 1


@pytest.mark.parametrize("over", [("b",), ("b", "w")])
def test_the_command_lists_the_place_of_the_largest_curvature_on_the_grid(here, over):
    """That of the largest eigenvalue by NumPy; in JSON that of the largest gradient too."""
    ranges = {"b": (-3.0, -2.0), "w": (4.5, 5.5)}
    axes = {name: np.linspace(*ranges[name], 9) for name in over}
    found = doya.loss_landscape(doya.NeuronODE(), axes, t_end=20.0, hessian=True)
    matrices = np.array([[found.hessian[p, q] for q in over] for p in over])
    eigenvalues = np.linalg.eigvalsh(np.moveaxis(matrices, (0, 1), (-2, -1)))
    slopes = np.sqrt(sum(each**2 for each in found.gradient.values()))
    swept = " ".join(f"--over {name} {low} {high}" for name, (low, high) in ranges.items())
    swept = swept if len(over) == 2 else swept.partition(" --over w")[0]
    line = f"landscape {swept} --points 9 --t-end 20 --hessian"
    result = answer(f"{line} --json")["result"]
    for key, size in {
        "max_curvature": np.abs(eigenvalues).max(axis=-1), "max_gradient": slopes,
    }.items():  # fmt: skip
        cell = np.unravel_index(size.argmax(), size.shape)
        place = {name: axes[name][k] for name, k in zip(over, cell, strict=True)}
        assert result[key]["at_on_grid"] == place
    lines = doya_(f"{line} -o a.csv").stdout.splitlines()
    row = lines[next(k for k, each in enumerate(lines) if "largest curvature" in each) + 1]
    at = result["max_curvature"]["at_on_grid"]
    assert [float(each) for each in row.split()[-len(over) :]] == [at[name] for name in over]


def test_the_command_lists_second_derivatives(here):
    """doya sensitivity --order 2, at T and along a sweep."""
    options = "sensitivity --b -2.3 --t-end 5 --x0 0.5 --wrt b --wrt w --order 2"
    found = answer(f"{options} --json")["result"]
    assert found["second"]["b,b"] == pytest.approx(-4.67079405524502377, rel=1e-13)
    assert found["second"]["b,w"] == pytest.approx(-2.56999401354731095, rel=1e-13)
    assert found["second_sign"]["b,x0"] == -1.0
    assert "d2x/dbdw" in doya_(f"{options} -o a.csv").stdout
    swept = answer("sensitivity --over b -3 -2 --points 9 --t-end 20 --order 2 --json")["result"]
    assert len(swept["second"]["b,b"]) == len(swept["b"])
    assert "second" not in answer("sensitivity --t-end 5 --json")["result"]
