"""doya network"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from doya_cli import completion, options, values

if TYPE_CHECKING:
    from doya import Backpropagation, JacobianProducts
    from doya_cli.remedies import Remedies

WEIGHTS = ("normal", "glorot", "he", "kumar", "yilmaz-poli")
# Factor of random normal weights, unless --factor is given.
FACTOR = 1.5


@options.command(
    "network --units 20 --factor 1.5 --remedies",
    "network --weights glorot --activation tanh --target 1",
    "network --matrix weights.csv",
    python="doya.SigmoidRNN, doya.jacobian_products, doya.matrix_products, doya.backpropagation, "
    "doya.chain_product, doya.chain_products, doya.deep_products, doya.initial_weights",
)
@click.option(
    "--matrix", metavar="FILE", shell_complete=completion.path,
    help="File .csv or .npy with the N x N matrix W_rec.  [default: random]",
)  # fmt: skip
@click.option(
    "--units", type=values.Count(1, 1000), metavar="N", default=10, show_default=True,
    help="Number of units N, if W_rec is random, 1 to 1000.",
)  # fmt: skip
@click.option(
    "--weights", type=values.Choice(WEIGHTS), default="normal", show_default=True,
    help="Distribution of a random W_rec: standard normal, or the initial weights of Glorot and"
    " Bengio, He et al., Kumar, or Yilmaz and Poli.",
)  # fmt: skip
@click.option(
    "--factor", type=values.Parameter("factor"),
    help="Scale W_rec so that its 2-norm times max phi' is this number, at least 0.  [default: 1.5"
    " for random normal weights; no scaling for others]",
)  # fmt: skip
@click.option(
    "--activation", type=values.Choice(["logistic", "tanh"]), default="logistic", show_default=True,
    help="Function phi; max phi' is 1/4 for logistic and 1 for tanh.",
)  # fmt: skip
@click.option(
    "--b", type=values.Parameter("b"), default=0.0, show_default=True, help="Bias of each unit."
)
@click.option(
    "--a0", type=values.Parameter("a0"),
    help="State of each unit at the start.  [default: random, standard normal]",
)  # fmt: skip
@click.option(
    "--seed", type=values.Count(0, 2**63 - 1), metavar="N", default=0, show_default=True,
    help="Seed of the random numbers, at least 0.",
)  # fmt: skip
@click.option(
    "--steps", type=values.Count(1, 1_000_000), metavar="T", default=50, show_default=True,
    help="Number of steps T that the gradient goes back, 1 to 1000000.",
)  # fmt: skip
@click.option(
    "--target", type=values.Parameter("target"),
    help="Target for phi(a[T]) of each unit.  Also shows the loss, and how many of the last"
    " steps contribute 99 % of its gradient.",
)  # fmt: skip
@click.option(
    "--remedies", is_flag=True,
    help="Also show each remedy for vanishing gradients: the product of the derivatives of all"
    " layers.  First on a chain of T layers with one unit each; the weight is ||W_rec||, the bias"
    " b, and the start x = 0.5.  Then in random networks with N units a layer, at most 50, and T"
    " layers, at most 100.",
)  # fmt: skip
@options.output
@click.pass_context
def command(
    ctx: click.Context,
    /,
    matrix: str | None,
    units: int,
    weights: str,
    factor: float | None,
    activation: str,
    b: float,
    a0: float | None,
    seed: int,
    steps: int,
    target: float | None,
    remedies: bool,
    **output: Any,
) -> None:
    """Show how gradients of N units vanish or explode.

    The network is a[t] = W_rec phi(a[t-1]) + b.  When a gradient goes back k steps, it is
    multiplied by the matrix da[T]/da[T-k].  The norm of this matrix is shown against k, with its
    bound (||W_rec|| max phi')^k.  The norm is the largest singular value; the data files contain
    the other singular values too.
    """
    for name in ("units", "weights"):
        if matrix is not None and ctx.get_parameter_source(name) != ParameterSource.DEFAULT:
            raise click.UsageError(f"--matrix already defines W_rec: remove --{name}.")
    if factor is not None and factor < 0.0:
        raise click.BadParameter(
            f"factor must be at least 0, got {factor}.", param_hint="'--factor'"
        )
    if factor is None and weights == "normal" and matrix is None:
        factor = FACTOR

    import numpy as np

    import doya
    from doya_cli.matrices import drawn, multiplied, read_matrix
    from doya_cli.output import Answer, deliver
    from doya_cli.progress import progress
    from doya_cli.remedies import compared

    random = np.random.default_rng(seed)
    W_rec = drawn(weights, units, random) if matrix is None else read_matrix(matrix)  # noqa: N806
    try:
        network = doya.SigmoidRNN(multiplied(W_rec, factor, activation), b=b, activation=activation)
        start = random.standard_normal(network.units) if a0 is None else a0
        with progress(output["quiet"]) as tell:
            products = doya.jacobian_products(network, start, steps, progress=tell)
            traced = None if target is None else doya.backpropagation(network, start, target, steps)
            known = compared(network, b, steps, seed) if remedies else None
    except ValueError as error:
        raise options.wrong_usage(error) from None

    def draw(figure: Any) -> None:
        from doya.plots.pages import page, several

        if known is None:
            doya.plots.draw_jacobian_products(products, page(figure))
            return
        first, *others = several(figure, 2.9, (1.0, 1.15, 1.0))
        doya.plots.draw_jacobian_products(products, first)
        known.draw(*others)

    answer = Answer(
        command="network",
        parameters={
            "matrix": matrix,
            "units": units if matrix is None else None,
            "weights": weights if matrix is None else None,
            "factor": factor,
            "activation": activation,
            "b": b,
            "a0": a0,
            "seed": seed,
            "steps": steps,
            "target": target,
            "remedies": remedies,
        },
        result=_result(products, traced, known),
        table=_table(products, traced, known),
        columns=_columns(products, traced, known),
        draw=draw,
    )
    deliver(answer, **output)


def _numbers(logarithms: Any) -> Any:
    """Return powers of 10; beyond the range of a double, infinity (null in JSON) or 0."""
    import numpy as np

    with np.errstate(over="ignore", under="ignore"):
        return 10.0**logarithms


def _result(
    products: JacobianProducts, traced: Backpropagation | None, known: Remedies | None
) -> dict[str, Any]:
    """Return the values against k, and those of W_rec."""
    network = products.network
    return {
        "k": products.k,
        "norm": _numbers(products.log10_norm),
        "bound": _numbers(products.log10_bound),
        "log10_norm": products.log10_norm,
        "log10_bound": products.log10_bound,
        "log10_smallest": products.log10_singular_values[:, -1],
        "units": network.units,
        "weight_norm": network.norm,
        "spectral_radius": network.spectral_radius,
        "factor": network.factor,
        "verdict": network.verdict,
        "loss": traced and traced.loss,
        "horizon": traced and traced.horizon(),
        "log10_gradient": traced and traced.log10_adjoint,
        "remedies": known and known.chain_results(),
        "network_remedies": known and known.network_results(),
    }


def _table(
    products: JacobianProducts, traced: Backpropagation | None, known: Remedies | None
) -> str:
    """Return tables of W_rec, of its products, and of the remedies."""
    from doya_cli.tables import paragraph, size, table

    network = products.network
    summary = [
        ["||W_rec||", network.norm],
        ["spectral radius", network.spectral_radius],
        ["||W_rec|| max phi'", network.factor],
    ]
    if traced:
        last = traced.horizon()
        words = f"99 % from the last {last} of {products.k[-1]} steps"
        words = words if last else "0, or too small to resolve"
        summary += [["loss", traced.loss], ["gradient for W_rec", words]]
    curves = (products.log10_norm, products.log10_bound, products.log10_singular_values[:, -1])
    rows = [[k, *(size(curve[k]) for curve in curves)] for k in _round(int(products.k[-1]))]
    for row in rows:
        row[-1] = "0, or below rounding" if row[-1] == "0" else row[-1]
    parts = [
        table(["units", str(network.units)], summary),
        paragraph(network.verdict),
        table(["k", "norm", "bound", "smallest singular value"], rows),
    ]
    if known:
        parts += known.tables()
    return "\n\n".join(parts)


def _round(last: int) -> list[int]:
    """Return 1, 2, 5, 10, 20, 50 ... and the last."""
    some = [digit * 10**power for power in range(len(str(last))) for digit in (1, 2, 5)]
    return [*(each for each in some if each < last), last]


def _columns(
    products: JacobianProducts, traced: Backpropagation | None, known: Remedies | None
) -> dict[str, Any]:
    """Return a line for each k from 0 to T; for chains k is the number of layers.

    The first singular value is the norm.
    """
    others = products.log10_singular_values.T[1:]
    return {
        "k": products.k,
        "log10_norm": products.log10_norm,
        "log10_bound": products.log10_bound,
        **{f"log10_singular_value_{j}": column for j, column in enumerate(others, 2)},
        **({"log10_gradient": traced.log10_adjoint} if traced else {}),
        **(known.columns() if known else {}),
    }
