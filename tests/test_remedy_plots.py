"""Pictures of remedies: products of chains of one unit, and norms of random networks."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.style import context

import doya
from doya import plots
from doya.networks.random_networks import COMPARED
from overlaps import faults


@pytest.fixture
def ax():
    with context([plots.STYLE]):
        yield Figure().subplots()


def curves(ax):
    """The lines by their names; the line at 1 has none."""
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


def test_each_product_is_a_curve_of_its_own_look_with_its_name_at_its_end(ax):
    """More curves than kinds of lines differ in colour; equal products share a curve."""
    result = doya.chain_products(30, 1.0, 0.0)
    artists = plots.draw_chain_products(result, ax)
    lines = curves(ax)
    assert [*lines] == [*result.distinct()]
    assert {"logistic, clipping", "relu, leaky-relu", "gru, update bias 3"} < set(lines)
    looks = {(line.get_color(), str(line._dash_pattern)) for line in lines.values()}
    assert len(looks) == len(lines) > 7
    for name, chain in result.distinct().items():
        np.testing.assert_array_equal(
            lines[name].get_xydata(), np.stack([chain.k, chain.log10_abs], axis=-1)
        )
        (word,) = [text for text in ax.texts if text.get_text() == name]
        assert word.xy == (1.0, chain.log10_abs[-1])
        assert {word, lines[name]} <= set(artists)
    assert faults(ax.figure) == []


def test_the_curve_of_networks_is_the_median_in_a_shaded_range(ax):
    """From 10 to 90 %; several results have different lines."""
    looks = set()
    for scheme in ("glorot", "he"):
        result = doya.deep_products(scheme, 8, 5, 11, activation="relu")
        plots.draw_deep_products(result, ax)
        low, median, high = result.quantiles()
        line, band = curves(ax)[scheme], ax.collections[-1].get_paths()[0].vertices
        finite = np.isfinite(median)
        np.testing.assert_array_equal(line.get_ydata()[finite], median[finite])
        assert np.isnan(line.get_ydata()[~finite]).all()
        for k in np.flatnonzero(np.isfinite(low)):
            ends = band[band[:, 0] == k, 1]
            assert (ends.min(), ends.max()) == (low[k], high[k])
        looks.add(str(line._dash_pattern))
    assert len(looks) == 2
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("k", "‖∂a(k)/∂a(0)‖")
    assert faults(ax.figure) == []


def test_every_remedy_of_networks_can_be_read_at_the_width_of_a_column(ax):
    for name, (scheme, given) in COMPARED.items():
        result = doya.deep_products(scheme, 10, 6, 5, **given)
        plots.draw_deep_products(result, ax, label=name)
    assert len(curves(ax)) == len(COMPARED)
    assert faults(ax.figure) == []
    assert set(COMPARED) <= {text.get_text() for text in ax.texts if text.get_visible()}


@pytest.mark.parametrize(
    "given",
    [
        {"depth": 0},
        {"depth": 3, "units": 1, "layer_norm": True},
        {"depth": 40, "units": 1, "activation": "relu"},
        {"depth": 2000, "units": 3, "scheme": "kumar", "activation": "leaky-relu"},
    ],
    ids=str,
)
def test_networks_that_lose_everything_or_explode_are_drawn(given, ax):
    """A norm of 0 has no curve; all axes have powers of ten."""
    result = doya.deep_products(**{"scheme": "he", "networks": 4, **given})
    plots.draw_deep_products(result, ax)
    assert faults(ax.figure) == []


def test_an_ensemble_of_chains_is_refused_before_anything_is_drawn(ax):
    result = doya.chain_products(3, [1.0, 2.0])
    with pytest.raises(doya.ArgumentError, match=r"must be of one unit, got one of shape \(2,\)"):
        plots.draw_chain_products(result, ax)
    assert not ax.lines
