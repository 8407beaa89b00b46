import math
import pathlib

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import mp, mpf

import doya
import flow_oracle
import map_oracle
from doya.kernels.machinery import running
from strategies import biases, epsilons, weights

REFERENCE = pathlib.Path(__file__).parent / "references" / "sensitivities.npz"
FLOW, PULSED, MAP, DRIVEN = range(4)


@pytest.fixture(scope="module")
def reference():
    with np.load(REFERENCE) as data:
        return dict(data)


def data_of(reference, i):
    """Neuron, x0, T and input of one case."""
    names = ("w", "b", "epsilon", "input_weight", "x0", "T", "kind")
    w, b, epsilon, weight, x0, end, kind = (reference[name][i] for name in names)
    if kind in (FLOW, PULSED):
        pulses = [tuple(pulse) for pulse in reference["pulses"][i] if pulse[1] > pulse[0]]
        return doya.NeuronODE(w, b, input_weight=weight), x0, end, doya.Pulses(pulses)
    u = reference["inputs"][i, : int(end)] if kind == DRIVEN else None
    return doya.NeuronMap(w, b, epsilon=epsilon, input_weight=weight), x0, int(end), u


def errors(reference, kinds, **options):
    """Of ln abs of each derivative of each case, over what its condition number allows."""
    ratios = []
    for i in np.flatnonzero(np.isin(reference["kind"], kinds)):
        neuron, x0, end, u = data_of(reference, i)
        names = ["x0", "b", "w", *(["epsilon"] if isinstance(neuron, doya.NeuronMap) else [])]
        found = doya.sensitivity(neuron, x0, end, names, u, **options)
        for name in names:
            sign, hi, lo, cond = (
                reference[f"{part}_{name}"][i] for part in ("sign", "log_hi", "log_lo", "cond")
            )
            if not cond * 1e-16 < 0.01 or sign == 0.0:  # chaos: a double has no digit of it
                continue
            assert found.sign[name] == sign
            error = abs((found.log10_abs[name] * math.log(10.0) - hi) - lo)
            ratios.append(error / (1.0 + cond + abs(hi)))
    return np.array(ratios)


def test_500_sensitivities_are_exact_to_their_condition(reference):
    """Flow and map, driven and not: 10,000 times closer to 30 digits than 1e-10."""
    flows, maps = errors(reference, [FLOW, PULSED]), errors(reference, [MAP, DRIVEN])
    assert flows.size == 750
    assert maps.size > 930
    assert flows.max() <= 1e-14
    assert maps.max() <= 1e-14


def test_the_variational_equation_in_steps_agrees_with_the_formula(reference):
    """On all flows, to the stepper's tolerance: so both are right."""
    assert errors(reference, [FLOW, PULSED], method="dop853").max() <= 1e-11


def test_the_reference_is_what_its_oracles_compute(reference):
    """Ten of its cheaper cases again, of all kinds."""
    cheap = np.flatnonzero((reference["seconds"] < 0.1) & (reference["sign_x0"] != 0.0))
    rng = np.random.default_rng(4)
    kinds = reference["kind"][cheap]
    for i in [
        each for kind in range(4) for each in rng.choice(cheap[kinds == kind], 3)[kind > 1 :]
    ]:
        neuron, x0, end, u = data_of(reference, i)
        if isinstance(neuron, doya.NeuronODE):
            answers = flow_oracle.driven_flow(
                neuron.w, neuron.b, x0, end, neuron.input_weight, u.pulses
            )
        else:
            u = [0.0] * end if u is None else u.tolist()
            answers = map_oracle.derivatives(
                neuron.w, neuron.b, neuron.epsilon, neuron.input_weight, x0, u
            )
        with mp.workdps(40):
            for name, answer in zip(("x0", "b", "w"), answers[1:4], strict=True):
                stored = mpf(reference[f"log_hi_{name}"][i]) + mpf(reference[f"log_lo_{name}"][i])
                assert abs(mp.log(abs(answer)) - stored) <= mpf(10) ** -20 * (1 + abs(stored))
            assert abs(mpf(reference["hi"][i]) + mpf(reference["lo"][i]) - answers[0]) < 1e-25


def test_after_an_infinite_time_the_flow_depends_on_b_and_w_alone():
    """dx/db = 1/(1/(x (1 - x)) - w) and dx/dw = x dx/db, where ln(x/(1 - x)) = 5 x - 2.5."""
    x = 0.85520589174393523
    by_b = 1.0 / (1.0 / (x * (1.0 - x)) - 5.0)
    found = doya.sensitivity(doya.NeuronODE(5.0, -2.5), 0.9, math.inf).derivative
    assert found["x0"] == 0.0
    assert found["b"] == pytest.approx(by_b, rel=1e-14)
    assert found["w"] == pytest.approx(x * by_b, rel=1e-14)


@pytest.mark.parametrize("end", [1.0, 10.0, 40.0, 70.0, 170.0])
def test_gradients_of_the_flow_explode_on_the_wall(end):
    """e^(T/4), and e^(T/4) - 1 for b."""
    found = doya.sensitivity(doya.NeuronODE(5.0, -2.5), 0.5, end).derivative
    assert found["x0"] == pytest.approx(math.exp(end / 4.0), rel=1e-14)
    assert found["b"] == pytest.approx(math.expm1(end / 4.0), rel=1e-14)
    assert found["w"] == pytest.approx(0.5 * math.expm1(end / 4.0), rel=1e-14)


@pytest.mark.parametrize("epsilon", [1.0, 0.1])
@pytest.mark.parametrize("steps", [10, 100, 1000, 10**6])
def test_gradients_of_the_map_explode_on_the_wall(epsilon, steps):
    """(1 + eps/4)^n, and less 1 for b; in log10 beyond the range of a double."""
    found = doya.sensitivity(doya.NeuronMap(5.0, -2.5, epsilon=epsilon), 0.5, steps)
    exact = (1 + mpf(epsilon) / 4) ** steps
    for name, truth in (("x0", exact), ("b", exact - 1)):
        assert found.log10_abs[name] == pytest.approx(float(mp.log10(truth)), rel=1e-13)
        if truth < 1e300:
            assert found.derivative[name] == pytest.approx(float(truth), rel=1e-12)


@pytest.mark.parametrize("x0", [0.2, 0.8])
def test_what_is_settled_at_the_middle_of_the_bistable_band(x0):
    """1 / (1/(x (1 - x)) - 5) = 0.3251326826 from either side, and nothing of x0.

    x = 0.144794108256 = sigma(5 x - 2.5), in 40-digit arithmetic.
    """
    neuron = doya.NeuronODE(5.0, -2.5)
    for found in (
        doya.settled_sensitivity(neuron, x0),
        doya.sensitivity(neuron, x0, math.inf),
        doya.sensitivity(neuron, x0, 1e3),
        doya.sensitivity(doya.NeuronMap(5.0, -2.5, epsilon=0.5), x0, 2000),
    ):
        assert found.derivative["b"] == pytest.approx(0.3251326826, abs=5e-11)
        assert found.derivative["x0"] == pytest.approx(0.0, abs=1e-100)


@given(w=st.floats(-40.0, 40.0), x=st.floats(0.01, 0.99))
def test_the_flow_settles_on_the_closed_form(w, x):
    """1 / (1/(x* (1 - x*)) - w) within 1e-10 after T = 40/|lambda|, where |lambda| >= 1e-3."""
    b = math.log(x / (1.0 - x)) - w * x
    eigenvalue = w * x * (1.0 - x) - 1.0
    assume(eigenvalue <= -1e-3)
    neuron = doya.NeuronODE(w, b)
    settled = doya.settled_sensitivity(neuron, x)
    found = doya.sensitivity(neuron, x, 40.0 / abs(eigenvalue))
    for name in ("b", "w"):
        assert found.derivative[name] == pytest.approx(settled.derivative[name], rel=1e-10)
    assert settled.derivative["b"] == pytest.approx(1.0 / (1.0 / (x * (1.0 - x)) - w), rel=1e-9)


def test_vanishing_gradients_are_numbers_however_small():
    """log10 of dx(T)/dx0 is lambda T / ln 10 and a constant: -1.65e5 at T = 1e6."""
    neuron = doya.NeuronODE(5.0, -2.5)
    eigenvalue = doya.equilibria(neuron).eigenvalue[0]
    found = doya.sensitivity(neuron, 0.4, [1e3, 1e6])
    slope = np.diff(found.log10_abs["x0"])[0] / (1e6 - 1e3)
    assert slope == pytest.approx(eigenvalue / math.log(10.0), rel=1e-14)
    exact = flow_oracle.flow(5.0, -2.5, 0.4, 1e6)
    assert found.log10_abs["x0"][1] == pytest.approx(float(mp.log10(exact[1])), rel=1e-13)
    assert found.derivative["x0"][1] == 0.0
    assert found.sign["x0"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("neuron", "steps"),
    [
        (doya.NeuronMap(5.0, -1000.0), 50),  # every factor is below all doubles
        (doya.NeuronMap(-30.0, 5.0, epsilon=0.9), 300),
        (doya.NeuronMap(1e100, 1e90), 9),
        (doya.NeuronMap(2.0, 1e20, epsilon=0.3), 40),
    ],
)
def test_products_beyond_doubles(neuron, steps):
    """Sign and log10 against 40 digits and more; that by w as long as x is a double."""
    found = doya.sensitivity(neuron, 0.3, steps, ("x0", "b", "w"))
    names = ("x0", "b", "w") if found.x > 0.0 else ("x0", "b")
    truth = map_oracle.derivatives(neuron.w, neuron.b, neuron.epsilon, 1.0, 0.3, [0.0] * steps)
    for name, exact in zip(names, truth[1:], strict=False):
        assert found.sign[name] == mp.sign(exact)
        assert found.log10_abs[name] == pytest.approx(float(mp.log10(abs(exact))), rel=1e-11)


def test_every_past_input_of_the_map_has_its_derivative():
    """The memory horizon, against the oracle; the last input counts eps w'."""
    rng = np.random.default_rng(7)
    for epsilon in (1.0, 0.4):
        w = -6.0 if epsilon == 1.0 else 3.0
        neuron = doya.NeuronMap(w, 2.0, epsilon=epsilon, input_weight=0.7)
        u = rng.normal(0.0, 0.3, 60)
        found = doya.sensitivity(neuron, 0.2, 60, ["u", "x0"], u)
        truth = map_oracle.derivatives(w, 2.0, epsilon, 0.7, 0.2, u.tolist()).by_inputs
        np.testing.assert_allclose(found.derivative["u"], [float(each) for each in truth], 1e-12)
        assert found.derivative["u"][-1] == epsilon * 0.7
        logs = [float(mp.log10(abs(each))) for each in truth]
        np.testing.assert_allclose(found.log10_abs["u"], logs, rtol=1e-12)
    assert doya.sensitivity(neuron, 0.2, 0, "u").derivative["u"].shape == (0,)


@given(
    w=weights,
    b=biases,
    x0=st.floats(-2.0, 3.0),
    end=st.one_of(st.floats(0.0, 1e6), st.just(math.inf)),
)
def test_any_flow_has_sensitivities(w, b, x0, end):
    """x as final_state has it; derivatives by x0 and b are positive, and nothing is NaN."""
    neuron = doya.NeuronODE(w, b)
    found = doya.sensitivity(neuron, x0, end)
    assert found.x == doya.final_state(neuron, x0, end)
    assert all(not np.isnan(found.derivative[name]) for name in ("x0", "b", "w"))
    assert found.derivative["x0"] >= 0.0
    assert found.derivative["b"] >= 0.0


@given(w=weights, b=biases, epsilon=epsilons, x0=st.floats(-2.0, 3.0), steps=st.integers(0, 400))
def test_any_map_has_sensitivities(w, b, epsilon, x0, steps):
    """x as final_state has it, and nothing is NaN."""
    neuron = doya.NeuronMap(w, b, epsilon=epsilon)
    found = doya.sensitivity(neuron, x0, steps, ("x0", "b", "w", "epsilon", "u"))
    assert found.x == doya.final_state(neuron, x0, steps)
    assert not any(np.isnan(found.log10_abs[name]).any() for name in found.log10_abs)


@given(
    w=st.floats(-40.0, 40.0),
    b=st.floats(-30.0, 30.0),
    x0=st.floats(-1.0, 2.0),
    one=st.floats(0.0, 20.0),
    other=st.floats(0.0, 20.0),
)
def test_the_chain_rule_joins_two_spans(w, b, x0, one, other):
    """dx(s + t)/dx0 is the product of those of either span, up to the rounding of the state."""
    neuron = doya.NeuronODE(w, b)
    first = doya.sensitivity(neuron, x0, one)
    nudges = 1.0 + 2e-15 * np.array([0.0, 1.0, -1.0])
    second = doya.sensitivity(neuron, first.x * nudges, other).log10_abs["x0"]
    whole = doya.sensitivity(neuron, x0, one + other).log10_abs["x0"]
    joined = first.log10_abs["x0"] + second
    slack = 1e-12 * (1.0 + abs(whole)) + 4.0 * np.ptp(joined)
    assert joined.min() - slack <= whole <= joined.max() + slack


def test_a_function_of_time_goes_through_the_variational_equation():
    """As the same input in pieces does by formula."""
    neuron = doya.NeuronODE(5.0, -2.5, input_weight=0.5)
    table = doya.Table(np.arange(40) * 0.05, np.sin(np.arange(40)))
    smooth = doya.sensitivity(neuron, 0.3, [1.0, 3.0], u=lambda t: 0.2)
    exact = doya.sensitivity(neuron, 0.3, [1.0, 3.0], u=0.2)
    for name in ("x0", "b", "w"):
        np.testing.assert_allclose(smooth.derivative[name], exact.derivative[name], rtol=1e-9)
    steps = doya.sensitivity(neuron, 0.3, 3.0, u=table, method="dop853")
    exact = doya.sensitivity(neuron, 0.3, 3.0, u=table)
    for name in ("x0", "b", "w"):
        np.testing.assert_allclose(steps.derivative[name], exact.derivative[name], rtol=1e-9)


@pytest.mark.parametrize("dynamics", ["flow", "map"])
def test_the_same_bits_alone_in_an_ensemble_and_on_any_number_of_threads(dynamics, monkeypatch):
    """Interpreted or compiled, whatever is computed beside it."""
    rng = np.random.default_rng(5)
    w, b = rng.uniform(-20.0, 20.0, 40_000), rng.uniform(-12.0, 8.0, 40_000)
    kind, more, end = (
        (doya.NeuronODE, {}, 3.7) if dynamics == "flow" else (doya.NeuronMap, {"epsilon": 0.7}, 37)
    )
    answers = []
    for threads in ("1", "2"):
        monkeypatch.setenv("DOYA_NUM_THREADS", threads)
        answers.append(doya.sensitivity(kind(w, b, **more), 0.4, end).log10_abs)
    for name in ("x0", "b", "w"):
        np.testing.assert_array_equal(answers[0][name], answers[1][name])
    for i in range(0, w.size, 1999):
        with running.always(running.interpret):
            alone = doya.sensitivity(kind(w[i], b[i], **more), 0.4, end).log10_abs
        assert [alone[name] for name in alone] == [answers[0][name][i] for name in alone]


def test_finite_differences_are_the_papers_quotient():
    """(x(T; p + delta) - x(T; p)) / delta, near the derivative where nothing spoils it."""
    neuron = doya.NeuronMap(4.5, -2.1, epsilon=0.5)
    for name in ("b", "w", "x0", "epsilon"):
        quotient = doya.finite_difference(neuron, 0.3, 20, name)
        exact = doya.sensitivity(neuron, 0.3, 20, name).derivative[name]
        assert quotient == pytest.approx(exact, rel=1e-4)
    b = doya.finite_difference(neuron, 0.3, 20, delta=[1e-3, -1e-3])
    by_hand = doya.final_state(neuron.replace(b=-2.101), 0.3, 20) - doya.final_state(
        neuron, 0.3, 20
    )
    assert b[1] == by_hand / -1e-3
    across = doya.finite_difference(doya.NeuronODE(5.0, -2.5 - 5e-7), 0.5, 1e4)
    # the two attractors, x = sigma(5 x - 2.5) in 40-digit arithmetic
    assert across == pytest.approx((0.855206 - 0.144794) / 1e-6, rel=1e-4)


def test_settled_knows_where_maps_do_not_settle():
    """NaN on a 2-cycle and on the wall; a flip's stable side settles."""
    cycle = doya.settled_sensitivity(doya.NeuronMap(-10.0, 5.0), 0.3)
    assert np.isnan(cycle.derivative["b"])
    assert np.isnan(cycle.x)
    wall = doya.settled_sensitivity(doya.NeuronODE(5.0, -2.5), [0.5, 0.6])
    for name in ("x0", "b", "w"):
        assert np.isnan(wall.derivative[name]).tolist() == [True, False]
    calm = doya.settled_sensitivity(doya.NeuronMap(-3.9, 2.0), 0.3)
    assert calm.derivative["b"] == pytest.approx(
        doya.sensitivity(doya.NeuronMap(-3.9, 2.0), 0.3, 5000).derivative["b"], rel=1e-12
    )
    driven = doya.NeuronODE(5.0, -2.5, input_weight=0.5)
    there = doya.sensitivity(driven, [[0.1], [0.9]], 1e4, u=[0.1, 0.2])
    settled = doya.settled_sensitivity(driven, [[0.1], [0.9]], u=[0.1, 0.2])
    for name in ("b", "w"):
        np.testing.assert_allclose(settled.derivative[name], there.derivative[name], rtol=1e-12)


def test_everything_broadcasts():
    neuron = doya.NeuronODE(w=[[2.0], [5.0]], b=[-3.0, -2.5, -1.0])
    found = doya.sensitivity(neuron, 0.5, np.array([0.0, 1.0, math.inf, 2.0])[:, None, None], u=0.1)
    assert found.x.shape == found.derivative["w"].shape == (4, 2, 3)
    one = doya.sensitivity(doya.NeuronODE(5.0, -1.0), 0.5, 2.0, u=0.1)
    assert found.derivative["w"][3, 1, 2] == one.derivative["w"]
    assert (found.derivative["x0"][0] == 1.0).all()
    assert (found.derivative["b"][0] == 0.0).all()
    steps = doya.sensitivity(doya.NeuronMap([1.0, -2.0]), 0.5, [[0], [3], [7]], "x0")
    assert steps.derivative["x0"].shape == (3, 2)
    assert steps.sign["x0"].tolist() == [[1.0, 1.0], [1.0, -1.0], [1.0, -1.0]]
    assert doya.sensitivity(neuron, np.empty((0, 2, 3)), 1.0).x.shape == (0, 2, 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: doya.sensitivity(doya.NeuronODE(), 0.5, 1.0, "epsilon"),
            "wrt must be among x0, b",
        ),
        (lambda: doya.sensitivity(doya.NeuronMap(), 0.5, [1, 2], "u"), "t_end must be one number"),
        (
            lambda: doya.sensitivity(doya.NeuronMap(), 0.5, 10**8 + 1, "u"),
            "t_end must be one number up to 100000000 for wrt = 'u', got 100000001",
        ),
        (lambda: doya.sensitivity(doya.NeuronMap(), 0.5, 1, method="formula"), "method is for"),
        (lambda: doya.sensitivity(doya.NeuronODE(), 0.5, 1.0, method="euler"), "method must be"),
        (
            lambda: doya.sensitivity(doya.NeuronODE(), 0.5, math.inf, method="dop853"),
            "t_end must be finite",
        ),
        (lambda: doya.sensitivity(doya.NeuronODE(), math.nan, 1.0), "x0 must be finite"),
        (lambda: doya.finite_difference(doya.NeuronODE(), 0.5, 1.0, "u"), "wrt must be one of"),
        (lambda: doya.finite_difference(doya.NeuronODE(), 0.5, 1.0, delta=0.0), "delta must not"),
        (
            lambda: doya.finite_difference(doya.NeuronMap(), 0.5, 1, "epsilon"),
            "makes epsilon . delta = 1.000001, but epsilon must be from 1e-100 to 1",
        ),
        (lambda: doya.settled_sensitivity(doya.NeuronMap(), 0.5, "u"), "wrt must be among .* 'u'"),
    ],
)
def test_wrong_arguments_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("end", [1e-20, 1e-12, 1e-8, 1e-3, 0.02, 0.05, 1.0, 30.0])
def test_the_derivative_by_w_of_a_neuron_without_coupling(end):
    """w = 0 from x0 = 0: s (1 - e^-T - T e^-T) sigma', which begins as T^2/2."""
    found = doya.sensitivity(doya.NeuronODE(0.0, 1.0), 0.0, end, "w").derivative["w"]
    s, time = 1 / (1 + mp.exp(mpf(-1))), mpf(end)
    with mp.workdps(60):
        truth = s * s * (1 - s) * (1 - mp.exp(-time) - time * mp.exp(-time))
    assert found == pytest.approx(float(truth), rel=1e-14)


def test_sources_below_doubles_are_told():
    """Of a tiny step, far out in sigma's tails, and settled there.

    log10 of dx/db by the map's recursion in 60 digits; of dx/dw near x = 0, e**-824 T**2 / 2.
    """
    tiny = doya.NeuronMap(8.545960956553301, -700.0, epsilon=1e-100)
    found = doya.sensitivity(tiny, 0.8618340673453347, 31, "b").log10_abs["b"]
    assert found == pytest.approx(-399.316, abs=1e-3)
    steep = doya.sensitivity(doya.NeuronODE(824.0, -412.0), 0.0, 6.5e-8, "w").log10_abs["w"]
    assert steep == pytest.approx(-372.534, abs=1e-3)
    far = doya.NeuronODE(4.0, [-1e5, 1e5])
    settled = doya.settled_sensitivity(far, 0.4, "b").log10_abs["b"]
    np.testing.assert_allclose(
        settled, doya.sensitivity(far, 0.4, math.inf, "b").log10_abs["b"], rtol=1e-14
    )


@pytest.mark.long
@pytest.mark.parametrize("arguments", [{"u": lambda t: 0.0}, {"method": "dop853"}])
def test_steps_say_when_a_derivative_leaves_the_range_of_a_double(arguments):
    with pytest.raises(doya.ConvergenceError, match="left the range of a double"):
        doya.sensitivity(doya.NeuronODE(5.0, -2.5), 0.5, 3e3, **arguments)
