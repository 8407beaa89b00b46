"""The answer of `doya network --remedies`: each remedy on one unit, and in random networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from doya import ChainProducts, DeepProducts, SigmoidRNN

# Sizes of the random networks: their work grows with the cube of the units.
MOST_UNITS, MOST_LAYERS, NETWORKS = 50, 100, 10


class Remedies(NamedTuple):
    """Chains of one unit, and random networks of many, by name of the remedy."""

    chains: ChainProducts
    networks: dict[str, DeepProducts]

    def chain_results(self) -> dict[str, Any]:
        """Return the product of each chain, with the formula and source of its remedy."""
        from doya.networks.remedies import COMPARED

        return {
            name: {
                "log10_abs": chain.log10_abs[-1],
                "sign": chain.sign[-1],
                **COMPARED[name][1],
                "formula": chain.formula,
                "source": chain.source,
            }
            for name, chain in self.chains.chains.items()
        }

    def network_results(self) -> dict[str, Any]:
        """Return the quantiles of the norm after all layers, and the arguments of each remedy."""
        from doya.networks.random_networks import COMPARED

        found = {}
        for name, networks in self.networks.items():
            low, median, high = networks.quantiles()[:, -1]
            found[name] = {
                "log10_norm": median,
                "log10_norm_10_percent": low,
                "log10_norm_90_percent": high,
                "layers": networks.k[-1],
                "units": networks.units,
                "networks": len(networks.log10_norm),
                "scheme": networks.scheme,
                **COMPARED[name][1],
            }
        return found

    def tables(self) -> list[str]:
        """Return a table of the chains and one of the random networks."""
        from doya.networks.comparisons import described
        from doya_cli.tables import size, table

        chains = [
            [described(name), size(chain.log10_abs[-1])]
            for name, chain in self.chains.chains.items()
        ]
        networks = [
            [_words(name), size(each.quantiles()[1, -1])] for name, each in self.networks.items()
        ]
        first = next(iter(self.networks.values()))
        units = f"{first.units} unit{'s' * (first.units > 1)}"
        return [
            table(
                ["remedy in a chain of one unit", f"product of {self.chains.k[-1]} layers"], chains
            ),
            table(
                [f"remedy in random networks of {units}", f"norm of {first.k[-1]} layers, median"],
                networks,
            ),
        ]

    def columns(self) -> dict[str, Any]:
        """Return the products of the chains against the number of layers."""
        return {f"log10_{name}": row for name, row in self.chains.log10_abs.items()}

    def draw(self, above: Any, below: Any) -> None:
        """Draw the chains on the first axes, and the networks on the other."""
        import doya

        doya.plots.draw_chain_products(self.chains, above)
        for name, networks in self.networks.items():
            doya.plots.draw_deep_products(networks, below, label=_words(name))


def compared(network: SigmoidRNN, b: float, steps: int, seed: int) -> Remedies:
    """Return each remedy on chains like the network, and in random networks of its size."""
    import doya
    from doya.checks import LARGEST
    from doya.networks.random_networks import COMPARED

    # The norm has rounding errors of about N units in the last place.
    w = min(network.norm, LARGEST)
    if network.norm - w > network.units * 2.0**-50 * w:
        raise click.UsageError(
            f"--remedies needs a norm ||W_rec|| of at most 1e100, got {network.norm:.6g}."
        )
    sizes = min(steps, MOST_LAYERS), min(network.units, MOST_UNITS), NETWORKS
    return Remedies(
        doya.chain_products(steps, w, b),
        {
            name: doya.deep_products(scheme, *sizes, seed=seed, **given)
            for name, (scheme, given) in COMPARED.items()
        },
    )


def _words(name: str) -> str:
    return name.replace("_", " ")
