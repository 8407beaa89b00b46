"""The figure `tree-depth`."""

import math

import numpy as np
import pytest

from drawn import curve, drawn


def products(count):
    """The logarithms of the products of the logistic chain, with numbers."""
    x, total, found = 0.5, 0.0, [0.0]
    for _ in range(count):
        x = 1.0 / (1.0 + math.exp(-x))
        total += math.log10(x * (1.0 - x))
        found.append(total)
    return found


def test_a_tree_has_as_many_layers_as_its_leaves_have_halvings():
    _, data = drawn("tree-depth")
    chain = products(64)
    n, layers, log10 = curve(data, "chain", "n", "layers", "log10_abs")
    assert layers.tolist() == (n - 1).tolist()
    assert log10 == pytest.approx(chain[: n.size], abs=1e-10)
    n, layers, log10 = curve(data, "tree", "n", "layers", "log10_abs")
    assert layers.tolist() == [(int(each) - 1).bit_length() for each in n]
    assert log10 == pytest.approx([chain[int(each)] for each in layers], abs=1e-10)
    assert n[-1] == 1024


def test_random_trees_lose_their_factor_once_a_layer():
    """About 0.25 a layer as in the chain of the same weights; so does the tree's law for one."""
    _, data = drawn("tree-depth")
    _, chain = curve(data, "chain, 50 units", "n", "log10_abs")
    layers, tree = curve(data, "tree, 50 units", "layers", "log10_abs")
    assert tree == pytest.approx(chain[layers.astype(int)], abs=0.4)
    n, law = curve(data, "law", "n", "log10_abs")
    x = 0.659046068407487  # x = σ(x)
    assert law == pytest.approx(np.log2(n) * math.log10(x * (1.0 - x)), abs=1e-6)


def test_lines_hold_the_data_chains_black_and_trees_coloured():
    figure, data = drawn("tree-depth")
    upper, lower = figure.axes
    for ax, column, names in ((upper, "layers", ("chain", "tree")),
                              (lower, "log10_abs", ("chain", "chain, 50 units",
                                                "tree", "tree, 50 units"))):  # fmt: skip
        colours = {}
        for line, name in zip(ax.lines, names, strict=False):
            known = np.stack(curve(data, name, "n", column), -1)
            np.testing.assert_array_equal(line.get_xydata(), known)
            colours.setdefault(name.split(",")[0], set()).add(line.get_color())
        assert len(colours["chain"]) == len(colours["tree"]) == 1
        assert colours["chain"] != colours["tree"]
        assert "chain" in {text.get_text() for text in ax.texts}
