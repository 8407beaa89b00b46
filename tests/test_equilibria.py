import pathlib

import numpy as np
import pytest
from hypothesis import assume, given
from mpmath import mpf

import doya
import oracles
from doya.kernels.machinery import running
from doya.kernels.numbers.logistic import sigmoid, sigmoid_slope
from strategies import biases, epsilons, folding_weights, weights

REFERENCE = pathlib.Path(__file__).parent / "references" / "equilibria.npz"


@pytest.fixture(scope="module")
def reference():
    with np.load(REFERENCE) as data:
        return dict(data)


def allowed(w, b, x, z, reference):
    """4 ulp, and what rounding b and w x to doubles does to the root already."""
    slope = np.abs(1.0 - w * sigmoid_slope(z))
    unavoidable = 2.0**-52 * (np.abs(z) + (np.abs(b) + np.abs(w * x)) / slope)
    return 4.0 * np.spacing(reference) + unavoidable * reference


def test_every_equilibrium_of_20000_neurons_is_found_to_the_last_bits(reference):
    """Counts are all right, and x and 1 - x within the unavoidable error of the 40-digit roots."""
    w, b = reference["w"][:, np.newaxis], reference["b"][:, np.newaxis]
    found = doya.equilibria(doya.NeuronODE(w=reference["w"], b=reference["b"]))
    np.testing.assert_array_equal(found.count, reference["count"])
    present = np.arange(3) < found.count[:, np.newaxis]
    np.testing.assert_array_equal(np.isnan(found.x), ~present)
    for value, truth in ((found.x, reference["x"]), (sigmoid(-found.z), reference["rest"])):
        with np.errstate(invalid="ignore"):
            excess = np.abs(value - truth) / allowed(w, b, found.x, found.z, truth)
        assert np.nanmax(excess) <= 1.0


def test_the_reference_is_what_its_script_computes(reference):
    """20 of its neurons, chosen anew by date of the data, solved again in 40 digits."""
    for i in np.random.default_rng(40).integers(0, reference["w"].size, 20):
        z = oracles.equilibria(reference["w"][i], reference["b"][i])
        assert len(z) == reference["count"][i]
        for k, root in enumerate(z):
            assert reference["x"][i, k] == float(oracles.sigmoid(root))
            assert reference["rest"][i, k] == float(oracles.sigmoid(-root))


def test_published_values():
    """w = 5, b = -2.5, the paper's neuron, and two more, as oracles.equilibria in 40 digits."""
    for w, b, x in [
        (5.0, -2.5, [0.14479410825606481, 0.5, 0.85520589174393519]),
        (8.0, -4.0, [0.021247987961365630, 0.5, 0.97875201203863437]),
        (5.0, -2.6, [0.11832792920550398, 0.60665274018635819, 0.80999320562534604]),
    ]:
        np.testing.assert_allclose(doya.equilibria(doya.NeuronODE(w, b)).x, x, rtol=5e-16)
    found = doya.equilibria(doya.NeuronODE())
    outer = -0.38085612764802101
    np.testing.assert_allclose(found.eigenvalue, [outer, 0.25, outer], rtol=1e-14)
    assert found.stable.tolist() == [True, False, True]
    assert found.count == 3


@pytest.mark.parametrize(
    ("w", "b"),
    [
        (5.0, np.linspace(-2.344389661369312 - 2e-3, -2.344389661369312 + 2e-3, 400)),
        (40.0, np.linspace(-40.0, 0.0, 935)),
    ],
    ids=["400 beside a fold of w = 5", "935 across the band of w = 40"],
)
def test_no_root_is_missing_where_others_lose_some(w, b):
    """Sweeps in which grid searches drop up to 97 of 100 roots."""
    found = doya.equilibria(doya.NeuronODE(w=w, b=b))
    (_, upper), (_, lower) = oracles.folds(w)
    expected = [3 if lower < mpf(value) < upper else 1 for value in b]
    assert found.count.tolist() == expected
    residual = found.z - w * found.x - b[:, np.newaxis]
    scale = np.abs(b)[:, np.newaxis] + w * found.x
    assert np.nanmax(np.abs(residual) / scale) < 4e-16
    rising = np.diff(found.x[found.count == 3], axis=-1)
    assert (rising > 0.0).all()


@given(w=weights, b=biases)
def test_every_result_is_a_root_in_order_whatever_the_magnitude(w, b):
    """Residual at rounding level, x ascending and within [0, 1], no NaN among the counted."""
    found = doya.equilibria(doya.NeuronODE(w, b))
    assert found.x.shape == (found.count,)
    assert np.all(np.isfinite(found.z))
    assert np.all(np.diff(found.z) >= 0.0)
    assert np.all((found.x >= 0.0) & (found.x <= 1.0))
    # For z > 0 the mirrored equation is the one without cancellation.
    down = found.z <= 0.0
    mirrored = -w - b
    z = np.where(down, found.z, -found.z)
    c = np.where(down, b, mirrored)
    x = sigmoid(z)
    scale = np.abs(c) + np.abs(w * x) + np.abs(z * (1.0 - w * sigmoid_slope(z))) + 1e-300
    assert np.max(np.abs(z - w * x - c) / scale) < 4 * 2.0**-52


@given(w=folding_weights)
def test_at_a_folds_own_double_the_merging_pair_is_one(w):
    """Count 2, eigenvalue 0 at the merged pair, and it is not called stable."""
    for point in doya.bifurcation_points(doya.NeuronODE(w)):
        found = doya.equilibria(doya.NeuronODE(w, point.value))
        assert found.count == 2
        merged = np.argmin(np.abs(found.eigenvalue))
        assert found.eigenvalue[merged] == 0.0
        assert found.stable.tolist() == [k != merged for k in range(2)]
        assert found.x[merged] == pytest.approx(point.x, rel=1e-15 * (2 + abs(found.z[merged])))


@given(w=folding_weights)
def test_one_side_of_a_fold_has_three_equilibria_and_the_other_one(w):
    """Eight units in the last place to either side are enough to tell."""
    upper, lower = (point.value for point in doya.bifurcation_points(doya.NeuronODE(w)))
    reach = 8 * np.spacing(max(abs(upper), abs(lower)))
    assume(upper - lower > 4 * reach)
    b = [upper - reach, upper + reach, lower - reach, lower + reach]
    found = doya.equilibria(doya.NeuronODE(w, b))
    assert found.count.tolist() == [3, 1, 1, 3]
    assert found.stable[0].tolist() == [True, False, True]


@pytest.mark.parametrize("w", [4.024496870249585, 4.343254794087393, 4.539669374263063])
def test_no_eigenvalue_is_0_an_ulp_from_a_fold(w):
    """Newton's last step ends on the fold there; the sign is the one of the 40-digit root."""
    upper, lower = (point.value for point in doya.bifurcation_points(doya.NeuronODE(w)))
    for b in (np.nextafter(upper, -3.0), np.nextafter(lower, 0.0)):
        roots = oracles.equilibria(w, b)
        slopes = [w * oracles.sigmoid(z) * oracles.sigmoid(-z) - 1 for z in roots]
        found = doya.equilibria(doya.NeuronODE(w, b))
        assert np.sign(found.eigenvalue).tolist() == [-1.0 if each < 0 else 1.0 for each in slopes]


@pytest.mark.parametrize("u", [0.0, 0.125, -0.375])
def test_a_constant_input_shifts_b_and_adds_to_x(u):
    """x = sigma(z) + w' u with z = w x + b."""
    neuron = doya.NeuronODE(w=5.0, b=-2.5, input_weight=0.5)
    driven = doya.equilibria(neuron, u)
    plain = doya.equilibria(neuron.replace(b=-2.5 + 5.0 * 0.5 * u))
    np.testing.assert_array_equal(driven.x, plain.x + 0.5 * u)
    np.testing.assert_allclose(neuron.rate(driven.x, u), 0.0, atol=1e-15)


@given(w=weights, b=biases)
def test_reflection(w, b):
    """(x, b) -> (1 - x, -w - b) turns equilibria into equilibria, where -w - b is exact."""
    mirror = -w - b
    assume(-w - mirror == b and abs(mirror) <= 1e100)
    folds = {point.value for point in doya.bifurcation_points(doya.NeuronODE(w))}
    assume(not folds & {b, mirror})  # a double for the fold itself is not symmetric
    one, other = doya.equilibria(doya.NeuronODE(w, b)), doya.equilibria(doya.NeuronODE(w, mirror))
    assert one.count == other.count
    np.testing.assert_allclose(one.z, -other.z[::-1], rtol=1e-15, atol=1e-300)


@given(w=weights, b=biases, epsilon=epsilons)
def test_the_map_rests_where_the_flow_does(w, b, epsilon):
    """Same x; multiplier 1 + epsilon lambda; stable while it stays within (-1, 1)."""
    flow = doya.equilibria(doya.NeuronODE(w, b))
    map_ = doya.equilibria(doya.NeuronMap(w, b, epsilon=epsilon))
    np.testing.assert_array_equal(map_.x, flow.x)
    np.testing.assert_allclose(map_.eigenvalue, 1.0 + epsilon * flow.eigenvalue, rtol=1e-14)
    clear = np.abs(np.abs(map_.eigenvalue) - 1.0) > 1e-12
    assert np.array_equal(map_.stable[clear], np.abs(map_.eigenvalue[clear]) < 1.0)


@pytest.mark.parametrize(
    ("w", "b", "count", "x"),
    [
        (0.0, -2.5, 1, 0.07585818002124355),
        (4.0, -2.0, 1, 0.5),
        (1e6, -5e5, 3, 0.5),
        (-1e6, 5e5, 1, 0.5),
        (5.0, -700.0, 1, 9.859676543759770e-305),
        (5.0, 700.0, 1, 1.0),
        (5.0, -745.0, 1, 5e-324),
    ],
)
def test_extremes(w, b, count, x):
    """No coupling, the cusp itself, steep neurons, far tails down to the last subnormal.

    sigma(-2.5), 1/2 by symmetry, e**-700, and e**-745, which rounds to the least double.
    """
    found = doya.equilibria(doya.NeuronODE(w, b))
    assert found.count == count
    assert found.x[count // 2] == pytest.approx(x, rel=1e-13)


def test_the_tail_beyond_one_is_told_by_z():
    """At b = 700 x is 1 to rounding, but 1 - x = sigma(-z) = e**-705."""
    found = doya.equilibria(doya.NeuronODE(5.0, 700.0))
    assert sigmoid(-found.z[0]) == pytest.approx(float(oracles.sigmoid(-705)), rel=1e-12)


def test_the_cusp_is_neither_stable_nor_doubled():
    """Three equilibria in one, eigenvalue 0."""
    found = doya.equilibria(doya.NeuronODE(4.0, -2.0))
    assert (found.x.tolist(), found.eigenvalue.tolist()) == ([0.5], [0.0])
    assert not found.stable[0]


@pytest.mark.parametrize("b", [-1e3, -9.0, -2.1, -1.9, 0.0, 5.0, 1e3])
def test_at_the_weight_of_the_cusp_there_is_one_equilibrium_beside_it(b):
    """At w = 4 both folds are at b = -2, and nowhere else is there more than one root."""
    found = doya.equilibria(doya.NeuronODE(4.0, b))
    (z,) = oracles.equilibria(4.0, b)
    assert found.z.tolist() == pytest.approx([float(z)], rel=1e-14)
    assert found.x.tolist() == pytest.approx([float(oracles.sigmoid(z))], rel=1e-13)


@given(w=folding_weights)
def test_the_middle_of_the_band_is_exact(w):
    """b = -w/2: x = 1/2 to the bit, for every w > 4."""
    found = doya.equilibria(doya.NeuronODE(w, -0.5 * w))
    assert found.count == 3
    assert found.x[1] == 0.5


def test_just_above_the_cusp_all_three_are_there():
    """Folds that round to the same double still enclose b = -w/2."""
    w = np.nextafter(4.0, 5.0)
    found = doya.equilibria(doya.NeuronODE(w, -0.5 * w))
    assert found.count == 3
    assert found.stable.tolist() == [True, False, True]


def test_beside_the_cusp_rounding_does_not_swap_the_folds():
    """Both lie within 1e-18 of b = -w/2, as oracles.folds has them, so that is the double of each.

    At this w the formula -Z - w sigma(-Z) alone rounds to the double below -w/2.
    """
    w = 4.00000000000078
    assert [float(b) for _, b in oracles.folds(w)] == [-0.5 * w, -0.5 * w]
    assert [each.value for each in doya.bifurcation_points(doya.NeuronODE(w))] == [-0.5 * w] * 2
    assert doya.equilibria(doya.NeuronODE(w, np.nextafter(-0.5 * w, -3.0))).count == 1


def test_a_neuron_gets_the_same_bits_alone_in_an_ensemble_interpreted_and_compiled(reference):
    """What is beside it, and who runs the source, does not matter."""
    w, b = reference["w"][::3], reference["b"][::3]
    with running.always(running.as_machine_code):
        many = doya.equilibria(doya.NeuronODE(w, b))
    for i in range(0, w.size, 97):
        with running.always(running.interpret):
            alone = doya.equilibria(doya.NeuronODE(w[i], b[i]))
        for name in ("z", "x", "eigenvalue"):
            np.testing.assert_array_equal(
                getattr(alone, name), getattr(many, name)[i, : alone.count]
            )


def test_the_same_bits_on_one_thread_and_on_two(reference, monkeypatch):
    """Chunks do not see each other."""
    neuron = doya.NeuronODE(np.tile(reference["w"], 3), np.tile(reference["b"], 3))
    answers = []
    for threads in ("1", "2"):
        monkeypatch.setenv("DOYA_NUM_THREADS", threads)
        answers.append(doya.equilibria(neuron).z)
    np.testing.assert_array_equal(*answers)


def test_shapes_broadcast_like_numpy():
    """Roots come last; the widest neuron sets their number."""
    neuron = doya.NeuronMap(w=[[2.0], [5.0]], b=[-3.0, -2.5, -1.0], epsilon=[0.1, 0.5, 1.0])
    found = doya.equilibria(neuron, u=np.zeros((4, 1, 1)))
    assert found.x.shape == found.stable.shape == (4, 2, 3, 3)
    assert found.count.tolist() == [[[1, 1, 1], [1, 3, 1]]] * 4
    one = doya.equilibria(doya.NeuronMap(5.0, -2.5, epsilon=0.5))
    np.testing.assert_array_equal(found.eigenvalue[0, 1, 1], one.eigenvalue)
    nobody = doya.equilibria(doya.NeuronODE(w=np.empty((0, 2))))
    assert (nobody.x.shape, nobody.count.dtype) == ((0, 2, 1), np.dtype(np.int64))


@pytest.mark.parametrize("u", [np.nan, [0.0, np.inf], 1e300])
def test_an_unusable_input_is_refused(u):
    with pytest.raises(ValueError, match=r"^u must be (finite, )?from -1e100"):
        doya.equilibria(doya.NeuronODE(), u)
