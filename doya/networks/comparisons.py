"""Chains of one unit with each remedy, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from doya.arrays import Floats
from doya.checks import checked_names
from doya.errors import ArgumentError
from doya.networks.chains import ChainProduct, chain_product
from doya.networks.remedies import COMPARED
from doya.results import Result


@dataclass(frozen=True, eq=False, repr=False)
class ChainProducts(Result):
    """The Jacobian products of chains of one unit, one chain for each remedy.

    Attributes
    ----------
    chains : dict of ChainProduct
        By name of the remedy.
    """

    chains: Mapping[str, ChainProduct]

    @property
    def k(self) -> NDArray[np.int64]:
        """Return the numbers of layers, 0 to L."""
        return next(iter(self.chains.values())).k

    @property
    def log10_abs(self) -> dict[str, Floats]:
        """Return the decimal logarithms of the sizes of the products, by name of the remedy."""
        return {name: chain.log10_abs for name, chain in self.chains.items()}

    def distinct(self) -> dict[str, ChainProduct]:
        """Return the chains that differ, by words for a picture.

        The words are the kind, with its argument if there are several chains of that kind.  Chains
        with the same products share an entry.
        """
        several = Counter(chain.kind for chain in self.chains.values())
        words: dict[str, str] = {}
        for name, chain in self.chains.items():
            own = described(name) if several[chain.kind] > 1 else chain.kind
            same = (k for k in words if np.array_equal(self.chains[k].log10_abs, chain.log10_abs))
            first = next(same, name)
            words[first] = f"{words[first]}, {own}" if first in words else own
        return {text: self.chains[first] for first, text in words.items()}


def chain_products(
    depth: int,
    w: ArrayLike = 1.0,
    b: ArrayLike = 0.0,
    x0: ArrayLike = 0.5,
    *,
    remedies: str | Iterable[str] = tuple(COMPARED),
) -> ChainProducts:
    """Return the products of Jacobians of one unit against depth, with each remedy.

    Each chain is a `chain_product` with the same w, b and start.  The names of the remedies are
    their kinds, with "_" for "-".  A number in a name is the bias of a gate: "lstm_3" is "lstm"
    with forget_bias = 3, and "gru_1" is "gru" with update_bias = 1.

    Parameters
    ----------
    depth : int
        Number of layers L, at least 0.
    w : float or array, default 1.0
        Weight from layer to layer, dimensionless, from -1e100 to 1e100.
    b : float or array, default 0.0
        Bias, dimensionless, from -1e100 to 1e100.
    x0 : float or array, default 0.5
        State before the first layer, dimensionless, from -1e100 to 1e100.
    remedies : str or list of str, optional
        Names of the remedies; by default all.

    Returns
    -------
    ChainProducts

    Raises
    ------
    ArgumentError
        For an unknown remedy or none, for an argument outside its range, for shapes that do not
        broadcast, or for more layers than fit into memory.

    See Also
    --------
    chain_product : One remedy for vanishing gradients, on a chain.
    deep_products : Remedies in random networks.
    plots.draw_chain_products : The picture.

    References
    ----------
    The sources are those of `chain_product`; `ChainProduct.source` has the one of a remedy.

    Examples
    --------
    >>> import doya
    >>> found = doya.chain_products(100, remedies=["logistic", "gru_3", "binary_tree"])
    >>> {name: float(row[-1].round(2)) for name, row in found.log10_abs.items()}
    {'logistic': -64.81, 'gru_3': -0.46, 'binary_tree': -4.51}
    """
    names = checked_names("remedies", remedies, COMPARED)
    if not names:
        raise ArgumentError("remedies", "must be at least one name, got none")
    made = {}
    for name in names:
        kind, given = COMPARED[name]
        made[name] = chain_product(kind, depth, w, b, x0, **given)
    return ChainProducts(made)


def described(name: str) -> str:
    """Return words for a compared remedy: its kind and its arguments."""
    kind, given = COMPARED[name]
    return ", ".join(
        [kind, *(f"{key.replace('_', ' ')} {value:g}" for key, value in given.items())]
    )
