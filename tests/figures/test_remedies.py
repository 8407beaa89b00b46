"""The figure `remedies`."""

import math

import numpy as np
import pytest

from drawn import curve, drawn

NETWORKS = (
    "Glorot", "Kumar", "Yilmaz, Poli", "batch norm", "layer norm", "Glorot, residual",
    "Glorot, tanh", "He, ReLU", "He, leaky ReLU", "Glorot, tree",
)  # fmt: skip


def logarithms(data, name):
    """The decimal logarithms of one curve, from k = 0."""
    k, log10 = curve(data, name, "k", "log10_abs")
    assert k.tolist() == list(range(k.size))
    return log10


def test_chains_of_one_unit_keep_or_lose_what_their_factors_say():
    """Multiplied out with numbers, from x = 0.5 with w = 1 and b = 0."""
    _, data = drawn("remedies")

    def product(step, factor):
        x, log10, steps = 0.5, 0.0, [0.0]
        for _ in range(100):
            log10, x = log10 + math.log10(factor(x)), step(x)
            steps.append(log10)
        return steps

    def halved(k):
        return 0 if k == 0 else 1 + halved(k // 2)

    def sigma(z):
        return 1.0 / (1.0 + math.exp(-z))

    def slope(z):
        return sigma(z) * (1.0 - sigma(z))

    truth = {
        "logistic": product(sigma, slope),
        "clipping": product(sigma, slope),
        "tanh": product(math.tanh, lambda x: 1.0 - math.tanh(x) ** 2),
        "ReLU": product(lambda x: x, lambda x: 1.0),
        "leaky ReLU": product(lambda x: x, lambda x: 1.0),
        "binary tree": [product(sigma, slope)[halved(k)] for k in range(101)],
        "residual": product(lambda x: x + sigma(x), lambda x: 1.0 + slope(x)),
        "leaky integrator": product(
            lambda x: 0.9 * x + 0.1 * sigma(x), lambda x: 0.9 + 0.1 * slope(x)
        ),
    }
    for name, log10 in truth.items():
        assert logarithms(data, name) == pytest.approx(log10, abs=1e-10)


def test_an_update_gate_near_1_keeps_the_product():
    """By differences of the unit multiplied out with numbers; the larger the bias, the more."""
    _, data = drawn("remedies")

    def sigma(z):
        return 1.0 / (1.0 + math.exp(-z))

    def end(x, bias):
        for _ in range(20):
            gate = sigma(x + bias)
            x = gate * x + (1.0 - gate) * math.tanh(sigma(x) * x)
        return x

    for bias in (1, 3):
        quotient = (end(0.5 + 1e-5, bias) - end(0.5 - 1e-5, bias)) / 2e-5
        name = f"GRU, bias {bias}"
        assert logarithms(data, name)[20] == pytest.approx(math.log10(quotient), abs=1e-8)
    assert logarithms(data, "GRU, bias 1")[-1] < logarithms(data, "GRU, bias 3")[-1] < 0.0


def test_a_forget_gate_near_1_keeps_the_product():
    """On the way to rest each layer multiplies by more, the larger the bias, up to the gate."""
    _, data = drawn("remedies")
    last = [np.diff(logarithms(data, f"LSTM, bias {bias}"))[-1] for bias in (0, 1, 3)]
    assert last[0] < last[1] < last[2] < 0.0
    # At rest the output is tanh(c) = 1 but for what c tells; the gate is near sigma(1 + 3).
    assert 10.0 ** last[2] == pytest.approx(1.0 / (1.0 + math.exp(-4.0)), abs=1e-4)


def test_only_the_plain_logistic_networks_vanish_fast():
    """Medians within their bands; Glorot's lose the most, batch normalisation nothing.

    Layer normalisation saves logistic units less than two thirds of what they lose.
    """
    _, data = drawn("remedies")
    rate = {}
    for name in NETWORKS:
        low, high = curve(data, name, "log10_abs_10_percent", "log10_abs_90_percent")
        median = logarithms(data, name)
        assert np.all(low <= median)
        assert np.all(median <= high)
        rate[name] = median[30] / 30.0
    assert rate["Glorot"] == pytest.approx(-0.61, abs=0.02)  # as sqrt(E[sigma'(z)**2])
    assert rate["Glorot"] < 2.0 * min(rate["Kumar"], rate["Yilmaz, Poli"])
    for name in ("batch norm", "Glorot, residual", "Glorot, tanh", "He, ReLU", "He, leaky ReLU"):
        assert abs(rate[name]) < 0.03
    assert rate["Glorot"] < rate["layer norm"] < 0.33 * rate["Glorot"]
    # 31 leaves have paths of 5 layers.
    assert rate["Glorot, tree"] == pytest.approx(rate["Glorot"] * 5.0 / 30.0, abs=0.02)


def panels():
    """The axes, and the names of the curves on each."""
    figure, data = drawn("remedies")
    names = list(dict.fromkeys(data["curve"]))
    chains = len(names) - len(NETWORKS)
    assert names[chains:] == [*NETWORKS]
    return data, zip(figure.axes, (names[:chains], names[chains:]), strict=True)


def test_the_lines_hold_the_data_and_are_told_apart():
    """By style and colour in each panel; those of clipping and leaky ReLU lie on others."""
    data, each = panels()
    for ax, names in each:
        assert ax.get_xlabel() == "k"
        looks = {}
        for line, name in zip(ax.lines, names, strict=True):
            known = np.stack(curve(data, name, "k", "log10_abs"), axis=-1)
            np.testing.assert_array_equal(line.get_xydata(), known)
            looks[name] = (line.get_color(), str(line._dash_pattern))
        assert looks.pop("clipping", None) == looks.get("logistic")
        assert looks.pop("leaky ReLU", None) == looks.get("ReLU")
        assert len(set(looks.values())) == len(looks)


def test_each_name_stands_beside_its_curve():
    """At its end, in the margin; that of the logistic chain, which leaves the axes, below."""
    data, each = panels()
    for ax, names in each:
        low, high = ax.get_ylim()
        told = {text.get_text(): text for text in ax.texts}
        own = [text for text in told if text.startswith("logistic")]
        assert own == (["logistic,\nalso with clipping"] if "logistic" in names else [])
        for name in names:
            ending = logarithms(data, name)[-1]
            if name in ("logistic", "clipping"):
                assert ending < low
                k, at = told[own[0]].xy
                assert np.interp(k, *curve(data, name, "k", "log10_abs")) == pytest.approx(at)
            elif name in ("ReLU", "leaky ReLU"):
                assert ending == 0.0
                assert told["ReLU, also leaky"].xy == pytest.approx((1.0, -low / (high - low)))
            else:
                assert told[name].xy == pytest.approx((1.0, (ending - low) / (high - low)))
                assert abs(told[name].xyann[1] - told[name].xy[1]) < 0.2


def test_bands_reach_from_10_to_90_percent():
    figure, data = drawn("remedies")
    _, ax = figure.axes
    bands = [path.get_paths()[0].vertices for path in ax.collections]
    for band, name in zip(bands, NETWORKS, strict=True):
        k, low, high = curve(data, name, "k", "log10_abs_10_percent", "log10_abs_90_percent")
        for step in k:
            ends = band[band[:, 0] == step, 1]
            assert (ends.min(), ends.max()) == (low[k == step], high[k == step])
