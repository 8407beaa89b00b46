"""Pictures in authors' letters: the axes, the words and the states that are drawn."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import doya
from doya import plots

POPULATION = doya.from_wilson_cowan(5.0, 2.8, 1.2, 0.5, 2.0)


def words(ax):
    return " ".join(text.get_text() for text in ax.texts)


def test_a_diagram_over_a_letter_is_drawn_in_the_authors_state():
    """Lines pass through the states; the other letters stand above."""
    diagram = doya.bifurcation_diagram(POPULATION, "input")
    ax = Figure().subplots()
    plots.draw_bifurcation_diagram(diagram, ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("input", "r")
    for line, branch in zip(ax.lines, diagram.branches, strict=False):
        assert np.array_equal(line.get_ydata(), branch.state)
    assert "w = 5, θ = 2.8, a = 1.2, τ = 2" in words(ax)
    low, high = ax.get_ylim()
    assert low < min(branch.state.min() for branch in diagram.branches)
    assert high > max(branch.state.max() for branch in diagram.branches)


def test_a_branch_point_has_a_mark_of_its_own():
    """Without input r = 0 crosses another branch."""
    ax = Figure().subplots()
    plots.draw_bifurcation_diagram(
        doya.bifurcation_diagram(doya.from_wilson_cowan(5.0, 2.8, 1.2), "w", (0.0, 40.0)), ax
    )
    assert any("BP" in text.get_text() for text in ax.texts)


def test_the_phase_line_is_that_of_the_authors_equation():
    """dr/dt = (-r + F(5 r + 0.5))/2."""
    ax = Figure().subplots()
    plots.draw_equilibria(doya.equilibria(POPULATION), ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("r", "dr/dt")
    r, rate = ax.lines[1].get_data()
    response = 1 / (1 + np.exp(-1.2 * (5 * r + 0.5 - 2.8))) - 1 / (1 + np.exp(1.2 * 2.8))
    np.testing.assert_allclose(rate, 0.5 * (response - r), rtol=0, atol=1e-14)


def test_the_phase_line_of_a_map_is_the_step_of_its_state():
    """a' - a = 1.5 tanh(a) + 0.05 - a."""
    ax = Figure().subplots()
    plots.draw_equilibria(doya.equilibria(doya.from_tanh(1.5, 0.05)), ax)
    a, change = ax.lines[1].get_data()
    np.testing.assert_allclose(change, 1.5 * np.tanh(a) + 0.05 - a, rtol=0, atol=1e-12)


def test_trajectories_are_drawn_in_the_authors_state_and_time():
    """t is 2 times Doya's, and r(0) names the starts."""
    found = doya.simulate(POPULATION, POPULATION.to_state([0.1, 0.6]), 10.0)
    ax = Figure().subplots()
    plots.draw_trajectory(found, ax)
    assert ax.get_ylabel() == "r"
    paths = [line for line in ax.lines if np.size(line.get_xdata()) == found.t.size]
    assert np.allclose(paths[0].get_xdata(), 2.0 * found.t)
    assert np.array_equal(paths[0].get_ydata(), found.state[0])
    assert "r(0) = 0.1" in words(ax)


def test_orbits_over_gamma_are_drawn_in_a():
    """The letter is written as the author writes it."""
    diagram = doya.orbit_diagram(
        doya.from_pasemann(0.0, 1.0, -6.0), "gamma", (0, 1), points=20, follow=True
    )
    ax = Figure(figsize=(3.4, 3.6)).subplots()
    plots.draw_orbit_diagram(diagram, ax)
    upper, lower = ax.figure.axes
    assert (upper.get_ylabel(), lower.get_xlabel()) == ("a", "\N{GREEK SMALL LETTER GAMMA}")
    assert "θ = 1, w = \N{MINUS SIGN}6" in words(upper)


def test_animations_of_letters_are_refused():
    diagram = doya.bifurcation_diagram(POPULATION, "input")
    with pytest.raises(doya.ArgumentError, match="must be in Doya's parameters"):
        doya.animations.animate_bifurcation_diagrams([diagram, diagram], Figure())


def test_sensitivities_over_a_letter_are_drawn_in_the_authors_words():
    """Derivatives of r with respect to the letters, for one start of the author, at his T."""
    profile = doya.sensitivity_profile(
        POPULATION, POPULATION.to_state(0.3), 6.0, ("theta",), "input", (0.2, 0.8), points=9
    )
    ax = Figure(figsize=(3.4, 4.4)).subplots()
    plots.draw_sensitivity_profile(profile, ax)
    axes = ax.figure.axes
    assert [each.get_ylabel() for each in axes] == ["r(T)", "|∂r/∂θ|", "|∂r/∂r₀|"]
    assert axes[-1].get_xlabel() == "input"
    assert np.array_equal(axes[0].lines[0].get_ydata(), profile.state)
    assert "w = 5, θ = 2.8, a = 1.2, τ = 2, r₀ = 0.3, T = 12" in words(ax)


@pytest.mark.long
def test_landscapes_over_letters_are_drawn_in_the_authors_words():
    """Over one letter a curve with its wall, over two a heat map and a surface."""
    axes = {"input": np.linspace(0.2, 0.8, 9), "w": np.linspace(4.0, 6.0, 7)}
    one = doya.loss_landscape(POPULATION, {"input": axes["input"]}, t_end=10.0, target=0.5)
    ax = Figure(figsize=(3.4, 3.4)).subplots()
    plots.draw_landscape(one, ax)
    upper, lower = ax.figure.axes
    assert upper.get_ylabel() == "L = (0.5 \N{MINUS SIGN} r(T))²"
    assert (lower.get_ylabel(), lower.get_xlabel()) == ("|dL/dinput|", "input")
    assert "w = 5, θ = 2.8, a = 1.2, τ = 2, r₀ = 0.46643, T = 20" in words(ax)
    assert "wall input = " in words(ax)
    two = doya.loss_landscape(POPULATION, axes, t_end=10.0, target=0.5)
    ax = Figure(figsize=(3.4, 3.0)).subplots()
    plots.draw_landscape(two, ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("input", "w")
    solid = Figure().add_subplot(projection="3d")
    plots.draw_landscape_surface(two, solid)
    assert (solid.get_xlabel(), solid.get_ylabel()) == ("input", "w")
    assert "r(T)" in solid.get_zlabel()


def test_sensitivities_over_time_are_drawn_in_the_authors_time():
    """tau = 2: T to 12 for Doya's 6, and the pulse from 2 to 4."""
    profile = doya.sensitivity_profile(
        POPULATION, 0.4, 6.0, over="t", u=doya.Pulses([(1.0, 2.0, 0.1)]), points=13
    )
    ax = Figure(figsize=(3.4, 4.4)).subplots()
    plots.draw_sensitivity_profile(profile, ax)
    assert ax.lines[1].get_xdata()[-1] == 12.0
    assert ax.patches[0].get_extents().width > 0.0
    left, right = ax.get_xlim()
    assert left <= 0.0
    assert 12.0 <= right < 13.0
    assert ax.figure.axes[-1].get_xlabel() == "T"
