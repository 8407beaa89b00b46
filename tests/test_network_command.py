import csv
import io
import math
import pickle
import re

import numpy as np
import pytest

import doya
from promises import made_again, refused
from shell import answer, doya_

RNG = np.random.default_rng(5)
MATRIX = RNG.standard_normal((4, 4))


def norms(weights, states, slope):
    """Of W diag(phi'(a[T-1])) ... W diag(phi'(a[T-k])), multiplied out, for k from 0."""
    product, found = np.eye(len(weights)), [1.0]
    for a in states[-2::-1]:
        product = product @ weights * slope(a)
        found.append(np.linalg.svd(product, compute_uv=False)[0])
    return found


def test_json_holds_norm_and_bound_against_k_and_the_spectral_radius(here):
    np.save("w.npy", MATRIX)
    options = "--matrix w.npy --activation tanh --b 0.3 --a0 0.1 --steps 12"
    whole = answer(f"network {options} --json")
    result = whole["result"]
    states = [np.full(4, 0.1)]
    for _ in range(12):
        states.append(MATRIX @ np.tanh(states[-1]) + 0.3)
    truth = norms(MATRIX, states, lambda a: 1.0 - np.tanh(a) ** 2)
    largest = np.linalg.svd(MATRIX, compute_uv=False)[0]
    assert result["k"] == list(range(13))
    assert result["norm"] == pytest.approx(truth)
    assert result["bound"] == pytest.approx([largest**k for k in range(13)])
    assert result["log10_norm"] == pytest.approx(np.log10(truth), abs=1e-12)
    assert result["log10_bound"] == pytest.approx(math.log10(largest) * np.arange(13), abs=1e-12)
    last = MATRIX * (1.0 - np.tanh(states[-2]) ** 2)
    smallest = np.linalg.svd(last, compute_uv=False)[-1]
    assert result["log10_smallest"][:2] == pytest.approx([0.0, np.log10(smallest)], abs=1e-12)
    assert result["spectral_radius"] == pytest.approx(np.abs(np.linalg.eigvals(MATRIX)).max())
    assert (result["weight_norm"], result["factor"]) == pytest.approx((largest, largest))
    assert result["verdict"].startswith("Exploding is possible")
    assert result["units"] == 4
    assert (result["loss"], result["horizon"], result["remedies"]) == (None, None, None)
    assert (whole["parameters"]["units"], whole["parameters"]["factor"]) == (None, None)
    assert [each.name for each in here.iterdir()] == ["w.npy"]


def test_a_matrix_may_have_commas_or_blanks_comments_and_any_kind_of_numbers(here):
    first = doya.SigmoidRNN([[1.0, 2.0], [3.0, -4.0]])
    (here / "a.csv").write_text("\ufeff# W_rec\n1, 2\n\n3e0,-4\n")
    np.savetxt("b.csv", first.W_rec)
    np.save("c.npy", first.W_rec.astype(np.int8))
    np.save("d.NPY.npy", np.asfortranarray(first.W_rec))
    np.save("e.npy", first.W_rec.astype(np.longdouble))
    with open("f.npy", "wb") as file:
        np.lib.format.write_array(file, first.W_rec, version=(2, 0))
    (here / "g.csv").write_text('"1", "2"\r\n"3.0",-4\r\n')
    for name in ("a.csv", "b.csv", "c.npy", "d.NPY.npy", "e.npy", "f.npy", "g.csv"):
        result = answer(f"network --matrix {name} --steps 2 --json")["result"]
        assert (result["weight_norm"], result["factor"]) == (first.norm, first.factor)


def test_a_random_matrix_has_the_factor_asked_for_or_the_weights_of_a_scheme():
    """1/4 of the norm of logistic units; the same seed gives the same network, another another."""
    for options, factor in (("", 1.5), ("--factor 0.7", 0.7), ("--weights kumar --factor 2", 2.0)):
        result = answer(f"network {options} --units 7 --json")["result"]
        assert result["units"] == 7
        assert result["factor"] == pytest.approx(factor)
        assert result["weight_norm"] == pytest.approx(4.0 * factor)
    for scheme in ("glorot", "he", "kumar", "yilmaz-poli"):
        weights = doya.initial_weights(scheme, (9, 9), seed=3)
        result = answer(f"network --weights {scheme} --units 9 --seed 3 --json")["result"]
        assert result["weight_norm"] == pytest.approx(np.linalg.norm(weights, 2))
    one, two, other = (answer(f"network --json {seed}")["result"] for seed in ("", "", "--seed 1"))
    assert one == two
    assert one["norm"] != other["norm"]


def test_a_matrix_is_scaled_only_when_asked(here):
    np.save("w.npy", 1e-200 * MATRIX)
    result = answer("network --matrix w.npy --factor 3 --activation tanh --json")["result"]
    assert result["factor"] == pytest.approx(3.0)
    result = answer("network --matrix w.npy --activation tanh --json")["result"]
    assert result["factor"] == pytest.approx(1e-200 * np.linalg.norm(MATRIX, 2))


def test_beyond_the_range_of_a_double_the_logarithms_stand():
    result = answer("network --activation tanh --factor 1e100 --a0 0 --steps 5 --json")["result"]
    assert result["bound"][3] == pytest.approx(1e300)
    assert result["bound"][4:] == [None, None]
    assert result["log10_bound"] == pytest.approx([0.0, 100.0, 200.0, 300.0, 400.0, 500.0])
    result = answer("network --factor 0 --steps 2 --json --units 3")["result"]
    assert (result["norm"], result["log10_norm"]) == ([1.0, 0.0, 0.0], [0.0, None, None])


def test_with_a_target_it_tells_how_far_back_the_gradient_comes_from():
    """One unit at rest at a = 0, where every step back multiplies by 1/2."""
    options = "--units 1 --factor 0.5 --b -1 --a0 0 --target 1"
    seed = next(s for s in range(9) if np.random.default_rng(s).standard_normal() > 0.0)
    result = answer(f"network {options} --seed {seed} --json")["result"]
    assert result["loss"] == 0.25
    assert result["horizon"] == math.ceil(math.log2(100.0))
    halves = math.log10(0.25) - math.log10(2.0) * np.arange(51)
    assert result["log10_gradient"] == pytest.approx(halves)
    lines = doya_(f"network {options} --seed {seed} --quiet -o -").stdout.splitlines()
    rows = list(csv.DictReader(line for line in lines if line[0] != "#"))
    assert [float(row["log10_gradient"]) for row in rows] == result["log10_gradient"]


def test_remedies_are_of_one_unit_with_the_weights_norm():
    """Of a logistic chain at rest at 1/2 as many factors w/4; of the residual one by a loop."""
    result = answer("network --factor 0.5 --b -1 --remedies --steps 20 --json")["result"]
    found = result["remedies"]
    kinds = {"logistic", "clipping", "tanh", "relu", "leaky_relu", "leaky_integrator", "residual"}
    assert kinds < set(found)
    assert found["logistic"]["log10_abs"] == pytest.approx(20.0 * math.log10(0.5))
    assert found["clipping"]["log10_abs"] == found["logistic"]["log10_abs"]
    leak = found["leaky_integrator"]
    assert leak["log10_abs"] == pytest.approx(20.0 * math.log10(0.9 + 0.1 * 0.5))
    # From x = 1/2, z = 0: the tree has 5 levels for 20 steps, and no rectifier is on.
    assert found["binary_tree"]["log10_abs"] == pytest.approx(5.0 * math.log10(0.5))
    assert found["leaky_relu"]["negative_slope"] == 0.01
    x, product = 0.5, 1.0
    for _ in range(20):
        level = 1.0 / (1.0 + math.exp(1.0 - 2.0 * x))
        x, product = x + level, product * (1.0 + 2.0 * level * (1.0 - level))
    assert found["residual"]["log10_abs"] == pytest.approx(math.log10(product))
    biases = [each["forget_bias"] for each in found.values() if "forget_bias" in each]
    assert biases == [0.0, 1.0, 3.0]
    biases = [each["update_bias"] for each in found.values() if "update_bias" in each]
    assert biases == [1.0, 3.0]
    assert all(each["formula"] and each["source"] for each in found.values())


def test_remedies_of_many_units_are_of_random_networks_of_limited_size(monkeypatch):
    """Their norms are those of `deep_products`; each has its scheme and settings."""
    monkeypatch.setattr("doya_cli.remedies.MOST_UNITS", 4)
    monkeypatch.setattr("doya_cli.remedies.MOST_LAYERS", 6)
    for units, steps, size in ((3, 5, (5, 3)), (9, 8, (6, 4))):
        line = f"network --units {units} --steps {steps} --seed 2 --remedies --json"
        found = answer(line)["result"]["network_remedies"]
        for each in found.values():
            assert (each["layers"], each["units"], each["networks"]) == (*size, 10)
        truth = doya.deep_products("he", *size, 10, activation="leaky-relu", residual=False, seed=2)
        low, median, high = truth.quantiles()[:, -1]
        leaky = found["he_leaky_relu"]
        assert (leaky["scheme"], leaky["activation"]) == ("he", "leaky-relu")
        assert leaky["log10_norm"] == median
        assert (leaky["log10_norm_10_percent"], leaky["log10_norm_90_percent"]) == (low, high)
    kinds = {"glorot", "kumar", "yilmaz_poli", "he_relu", "batch_norm", "layer_norm", "residual"}
    assert kinds < set(found)
    assert answer("network --units 2 --steps 2 --json")["result"]["network_remedies"] is None


def test_the_table_tells_weights_verdict_products_and_remedies(here):
    done = doya_("network --factor 0.7 --a0 0 --steps 30 --target 0.5 --remedies")
    assert done.stderr == "Wrote doya-network.png\n"
    summary, verdict, products, remedies, networks = done.stdout.strip().split("\n\n")
    rows = dict(re.split("  +", line) for line in summary.splitlines())
    assert rows["units"] == "10"
    assert float(rows["||W_rec||"]) == pytest.approx(2.8)
    assert float(rows["||W_rec|| max phi'"]) == pytest.approx(0.7)
    assert re.fullmatch(r"99 % from the last \d+ of 30 steps", rows["gradient for W_rec"])
    assert verdict == (
        "Vanishing is certain: one step back multiplies a gradient's norm by at most 0.7."
    )
    header, *lines = products.splitlines()
    assert re.split("  +", header) == ["k", "norm", "bound", "smallest singular value"]
    assert [line.split()[0] for line in lines] == ["1", "2", "5", "10", "20", "30"]
    assert [float(line.split()[2]) for line in lines] == pytest.approx(
        [0.7**k for k in (1, 2, 5, 10, 20, 30)], rel=5e-3
    )
    header, *lines = remedies.splitlines()
    assert header.split("  ")[0] == "remedy in a chain of one unit"
    assert "product of 30 layers" in header
    for kind in ("lstm, forget bias 3", "gru, update bias 1", "leaky-relu, negative slope 0.01"):
        assert any(re.fullmatch(rf"{kind} +\S+", line) for line in lines)
    header, *lines = networks.splitlines()
    assert re.split("  +", header) == [
        "remedy in random networks of 10 units", "norm of 30 layers, median",
    ]  # fmt: skip
    assert any(re.fullmatch(r"layer norm +\S+", line) for line in lines)


@pytest.mark.long
def test_the_table_tells_what_is_0_or_too_small_and_writes_few_digits(here):
    """At a = 0 tanh gives weights no gradient; of a matrix of rank 1 singular values are lost."""
    table = doya_(
        "network --activation tanh --factor 1e90 --a0 0.5 --target 1 --steps 5 --remedies"
    ).stdout
    exponents = re.findall(r"10\^(-\S+)", table)
    assert float(exponents[-1]) < -1e80
    assert max(map(len, exponents)) < 12
    table = doya_("network --activation tanh --a0 0 --target 1 --steps 5 -o a.csv").stdout
    assert re.search("^gradient for W_rec +0, or too small to resolve$", table, re.M)
    np.save("w.npy", np.ones((2, 2)))
    lines = doya_("network --matrix w.npy --a0 0 --steps 2 -o a.csv").stdout.splitlines()
    assert [line.split(maxsplit=3)[3] for line in lines[-2:]] == 2 * ["0, or below rounding"]


def test_numbers_of_the_table_have_the_digits_asked_for(here):
    """Also those computed from their logarithms, up to 12 digits; beyond 1e300 powers of 10."""
    network = doya.SigmoidRNN(np.full((2, 2), 0.75))
    bound = [network.factor**k for k in (1, 2)]
    np.save("w.npy", network.W_rec)
    for digits in (2, 6, 17):
        asked = f"network --matrix w.npy --steps 2 --digits {digits} --remedies"
        lines = doya_(f"{asked} -o a.csv").stdout.splitlines()
        first = next(k for k, line in enumerate(lines) if line.startswith("k  "))
        shown = [line.split()[2] for line in lines[first + 1 : first + 3]]
        assert shown == [f"{each:.{min(digits, 12)}g}" for each in bound]


def test_the_data_has_a_row_a_step_and_every_singular_value(here):
    np.savetxt("w.csv", MATRIX, delimiter=",")
    lines = doya_("network --matrix w.csv --steps 9 --remedies -o -").stdout.splitlines()
    rows = list(csv.DictReader(line for line in lines if line[0] != "#"))
    assert [row["k"] for row in rows] == list(map(str, range(10)))
    values = [f"log10_singular_value_{j}" for j in range(2, 5)]
    assert list(rows[0])[:7] == ["k", "log10_norm", "log10_bound", *values, "log10_logistic"]
    first = [float(rows[1][name]) for name in ("log10_norm", *values)]
    states = np.random.default_rng(0).standard_normal(4)
    for _ in range(8):
        states = MATRIX @ (1.0 / (1.0 + np.exp(-states)))
    slope = np.exp(-states) / (1.0 + np.exp(-states)) ** 2
    known = np.linalg.svd(MATRIX * slope, compute_uv=False)
    assert first == pytest.approx(np.log10(known), abs=1e-9)


@pytest.mark.parametrize(
    "options",
    [
        "--units 3 --seed 8 --target 0.2 --remedies --steps 9",
        "--weights yilmaz-poli --b -0.5 --activation tanh --a0 0.25",
        "--matrix 'the weights.csv' --factor 2",
    ],
)
def test_the_command_in_the_data_makes_it_again(here, options):
    np.savetxt("the weights.csv", MATRIX)
    assert made_again(f"network {options}")


SQUARE = (
    "Give a square matrix of numbers from -1e100 to 1e100: a .npy file, or a .csv file with a line"
    " for each row, and commas or blanks between the numbers"
)


def npy(shape, dtype="<f8"):
    """A header that claims such an array, and 16 bytes."""
    file = io.BytesIO()
    header = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + bytes(16)


NO_ARRAY = "it is not an array of numbers as NumPy saves them"
FILES = [
    ("wide.csv", b"1,2,3\n4,5,6\n", "it is 2 x 3"),
    ("ragged.csv", b"1,2\n\n3\n", "line 3 has length 1, but the first row has length 2"),
    ("nan.csv", b"1,2\n3,nan\n", "an entry must be finite, .* got nan at index 1, 1"),
    ("inf.csv", b"-inf\n", "an entry must be finite, .* got -inf at index 0, 0"),
    ("large.csv", b"1e101\n", "an entry must be from -1e100 .* got 1e+101 at index 0, 0"),
    ("empty.csv", b"", "it holds no numbers"),
    ("comments.csv", b"# W\n\n", "it holds no numbers"),
    ("word.csv", b"1,2\n3,four\n", "'four' in line 2 is not a number"),
    ("gap.csv", b"1,2\n3,\n", "'' in line 2 is not a number"),
    ("w.txt", b"1\n", "it has the suffix .txt"),
    ("w", b"1\n", "it has no suffix"),
    ("empty.npy", b"", NO_ARRAY),
    ("text.npy", b"1,2\n3,4\n", NO_ARRAY),
    ("pickle.npy", pickle.dumps(MATRIX), NO_ARRAY),
    ("objects.npy", np.array([[{}]]), "its entries are of type object"),
    ("nan.npy", np.full((2, 2), math.nan), "an entry must be finite, .* got nan at index 0, 0"),
    ("row.npy", np.ones(3), "it is 3"),
    ("cube.npy", np.ones((2, 2, 2)), "it is 2 x 2 x 2"),
    ("number.npy", np.ones(()), "it is a single number"),
    ("nothing.npy", np.ones((0, 0)), "it holds no numbers"),
    ("complex.npy", np.eye(2) * 1j, "its entries are of type complex128"),
    ("words.npy", np.array([["1"]]), "its entries are of type <U1"),
    ("", None, "it has no suffix"),
    ("claims.npy", npy((10**9, 10**9)), "the matrix asks for 1000000000 x 1000000000 cells.*"),
    ("claims-row.npy", npy((10**9,)), "it is 1000000000"),
    ("cut.npy", npy((9, 9)), NO_ARRAY),
    ("below.npy", npy((-2, -2)), NO_ARRAY),
    ("magic.npy", npy((1, 1))[:9], NO_ARRAY),
    ("nested.npy", npy((1, 1))[:10] + b"(" * 118, NO_ARRAY),
    ("escape.npy", npy((1, 1)).replace(b"<f8", b"\\e8"), NO_ARRAY),
    ("version.npy", b"\x93NUMPY\x07" + npy((1, 1))[7:], NO_ARRAY),
    (
        "long.npy",
        np.full((1, 1), np.longdouble("1e999")),
        "an entry must be finite, .* got inf at index 0, 0",
    ),
    ("semicolons.csv", b"1;2\n3;4\n", "line 1 has semicolons between its columns; use commas"),
    ("underscore.csv", b"1_0\n", "'1_0' in line 1 is not a number"),
    ("arabic.csv", "\u0661\n".encode(), "'\u0661' in line 1 is not a number"),
    ("decimal-comma.csv", b'"1,5"\n', "'1,5' in line 1 is not a number"),
    ("endless.csv", b'"' + 200_000 * b"1", "line 1: field larger than field limit.*"),
]


@pytest.mark.parametrize(("name", "content", "words"), FILES, ids=[name for name, *_ in FILES])
def test_a_matrix_that_will_not_do_is_one_sentence_and_exit_2(here, name, content, words):
    """With the option, the file, what is wrong with it, and what is needed."""
    if isinstance(content, bytes):
        (here / name).write_bytes(content)
    elif content is not None:
        np.save(here / name, content)
    before = list(here.iterdir())
    done = doya_(f"network --matrix '{name}'")
    assert (done.exit_code, done.stdout) == (2, "")
    known = re.escape(f"'--matrix': {name!r}: {words}. {SQUARE}.").replace(r"\.\*", ".*")
    assert re.fullmatch(f"Error: .*{known} See doya network --help\\.\n", done.stderr), done.stderr
    assert list(here.iterdir()) == before


def test_objects_in_a_file_are_never_made(here):
    class Dangerous:
        def __reduce__(self):
            return (open, ("made", "w"))

    np.save(here / "w.npy", np.array([[Dangerous()]], dtype=object), allow_pickle=True)
    assert doya_("network --matrix w.npy").exit_code == 2
    assert not (here / "made").exists()


WRONG = [
    ("--matrix w.npy --units 3", "--matrix already defines W_rec: remove --units"),
    ("--matrix w.npy --weights glorot", "--matrix already defines W_rec: remove --weights"),
    ("--matrix zeros.npy --factor 1", "--factor cannot scale W_rec, because all its entries are 0"),
    ("--factor -1", "'--factor': factor must be at least 0, got -1.0"),
    (
        "--factor nan",
        "'--factor': factor must be finite, from -1e100 to 1e100, got nan",
    ),
    (
        "--factor 1e100",
        "'--factor': W_rec must be from -1e100 to 1e100, got -?[0-9.]+e.100 at index .*",
    ),
    (
        "--matrix large.npy --remedies",
        r"--remedies needs a norm \|\|W_rec\|\| of at most 1e100, got 2e\+100",
    ),
    ("--units 0", "'--units': it must be a whole number from 1 to 1000, got 0"),
    ("--steps 0", "'--steps': it must be a whole number from 1 to 1000000, got 0"),
    ("--seed -1", "'--seed': it must be a whole number from 0 to 9223372036854775807, got -1"),
    ("--activation relu", "'--activation': 'relu' is not one of 'logistic', 'tanh'"),
    ("--weights lecun", "'--weights': 'lecun' is not one of .*"),
    ("--b inf", "'--b': b must be finite, from -1e100 to 1e100, got inf"),
    ("--a0 two", "'--a0': 'two' is not a number"),
    (
        "--target nan",
        "'--target': target must be finite, from -1e100 to 1e100, got nan",
    ),
]


@pytest.mark.parametrize(("options", "words"), WRONG, ids=[options for options, _ in WRONG])
def test_wrong_usage_is_one_sentence_exit_2_and_nothing_on_disk(here, options, words):
    np.save("w.npy", MATRIX)
    np.save("zeros.npy", np.zeros((2, 2)))
    np.save("large.npy", np.full((2, 2), 1e100))
    assert refused(f"network {options}", words)


@pytest.mark.each_third
@pytest.mark.parametrize(
    "options",
    [
        "--steps 1 --units 1",
        "--factor 0 --remedies --target 0",
        "--a0 1e100 --b -1e100 --remedies",
        "--activation tanh --factor 1e100 --target -1e100 --remedies",
        "--steps 3000 --units 2",
    ],
)
def test_extremes_give_an_answer_and_a_picture(here, options):
    done = doya_(f"network {options}")
    assert done.exit_code == 0, done.stderr
    assert done.stderr == "Wrote doya-network.png\n"


def test_an_interrupt_is_heard_between_blocks_of_products(here, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr("doya_cli.interruption.check", interrupted)
    done = doya_("network --units 3")
    assert (done.exit_code, done.stderr.strip()) == (1, "Error: interrupted.")
    assert not list(here.iterdir())
