"""The figure `curvature`."""

import numpy as np
import pytest

from artists import points_from, texts
from drawn import curve, drawn


def test_gradient_and_curvature_have_the_known_sizes():
    """At T = 20 those of THEORY.md; the gradient grows as e^(T/4), the curvature as e^(T/2)."""
    _, data = drawn("curvature")
    t, gradient = curve(data, "largest gradient", "t_end", "size")
    _, bend = curve(data, "largest curvature", "t_end", "size")
    assert gradient[t == 20.0] == pytest.approx([116.056], rel=1e-5)
    assert bend[t == 20.0] == pytest.approx([60953.4764835], rel=1e-6)
    late = t >= 40.0
    assert gradient[late] == pytest.approx(0.78649 * np.exp(t[late] / 4.0), rel=2e-4)
    assert bend[late] == pytest.approx(2.8126 * np.exp(t[late] / 2.0), rel=5e-4)


def test_laws_pass_through_the_measured_points_and_are_named():
    figure, data = drawn("curvature")
    (ax,) = figure.axes
    said = texts(ax)
    for name, words in (("gradient", "|dL/db|"), ("curvature", "|d²L/db²|")):
        t, law = curve(data, f"law of the {name}", "t_end", "size")
        _, size = curve(data, f"largest {name}", "t_end", "size")
        assert law[t == 60.0] == pytest.approx(size[t == 60.0], rel=1e-12)
        growth = np.diff(np.log(law)) / np.diff(t)
        assert growth == pytest.approx(0.25 if name == "gradient" else 0.5, rel=1e-9)
        (label,) = (text for key, text in said.items() if key.startswith(words))
        assert points_from(label, t, law) < 14.0
        drawn_as = [line for line in ax.lines if np.array_equal(line.get_ydata(), size)]
        assert [line.get_marker() for line in drawn_as] == ["o"]
    faces = {line.get_markerfacecolor() for line in ax.lines if line.get_marker() == "o"}
    assert len(faces) == 2
