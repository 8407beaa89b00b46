"""Chains of one unit with each remedy, side by side."""

import numpy as np
import pytest

import doya
from doya.networks.remedies import REMEDIES


def test_all_remedies_are_compared_on_one_unit():
    """Each product is that of its chain; kinds and arguments are those in the name."""
    found = doya.chain_products(6, 1.5, -0.2, 0.4)
    assert {chain.kind for chain in found.chains.values()} == set(REMEDIES)
    assert found.k.tolist() == list(range(7))
    for name, kind, given in (
        ("lstm_3", "lstm", {"forget_bias": 3.0}),
        ("gru_1", "gru", {"update_bias": 1.0}),
        ("leaky_relu", "leaky-relu", {}),
        ("binary_tree", "binary-tree", {}),
    ):
        alone = doya.chain_product(kind, 6, 1.5, -0.2, 0.4, **given)
        assert found.chains[name] == alone
        assert np.array_equal(found.log10_abs[name], alone.log10_abs)


def test_remedies_with_the_same_product_share_an_entry():
    """Words name the arguments only where several chains are of one kind."""
    names = ["logistic", "clipping", "relu", "leaky_relu", "lstm_0", "gru_1", "gru_3"]
    found = doya.chain_products(6, remedies=names).distinct()
    together = ["logistic, clipping", "relu, leaky-relu", "lstm"]
    assert [*found] == [*together, "gru, update bias 1", "gru, update bias 3"]
    apart = doya.chain_products(6, -1.0, remedies=["relu", "leaky_relu"]).distinct()
    assert [*apart] == ["relu", "leaky-relu"]
    assert apart["relu"].kind == "relu"


@pytest.mark.parametrize(
    ("remedies", "words"),
    [
        ([], "remedies must be at least one name, got none"),
        ("elu", "remedies must be among logistic, clipping, .*, got 'elu'"),
        (["relu", 3], "remedies must be among .*, got 3"),
    ],
)
def test_an_unknown_remedy_is_refused(remedies, words):
    with pytest.raises(doya.ArgumentError, match=words):
        doya.chain_products(5, remedies=remedies)
