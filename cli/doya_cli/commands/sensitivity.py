"""doya sensitivity"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from doya_cli import models, options, values
from doya_cli.authors import (
    authored,
    require_plain,
    swept_by_default,
    variable,
)
from doya_cli.second_derivatives import columns_of, curves, largest, listed, second_of, tables_of

if TYPE_CHECKING:
    from doya import Conversion, SensitivityProfile

# The values that a profile has for each derivative, by their keys in the result.
KINDS = ("derivative", "sign", "log10_abs", "finite_difference", "settled")


@options.command(
    "sensitivity --over b -3 -2 --t-end 50 --t-end inf",
    "sensitivity --x0 0.5 --pulse 5 8 0.5 --wrt w",
    "sensitivity tanh h=0.2 --x0 -0.5 --wrt w --over w 0 3",
    python="doya.sensitivity, doya.sensitivity_profile, doya.finite_difference, "
    "doya.settled_sensitivity",
)
@authored
@options.weight_and_bias
@options.dynamics
@click.option(
    "--x0", type=values.Parameter("x0"), multiple=True,
    help="State at the start; repeat for several.  [default: 0.5; without --over, 0.5 and 0.6]",
)  # fmt: skip
@click.option(
    "--t-end", type=values.Number(), metavar="NUMBER", multiple=True, default=[50.0],
    help="End time T: at least 0 for the flow, a whole number of steps for the map.  With --over,"
    " the option can be repeated, and T of the flow can be inf.  [default: 50]",
)  # fmt: skip
@click.option(
    "--wrt", type=values.Name(["b", "w", "x0", "epsilon"]), multiple=True,
    help="Differentiate with respect to this parameter, or this letter of AUTHOR; repeat for"
    " several.  x0 is always included.  [default: b, or the letter that corresponds to it]",
)  # fmt: skip
@click.option(
    "--order", type=values.Count(1, 2), metavar="N", default=1, show_default=True,
    help="Order of the derivatives, 1 or 2.  With 2, all second derivatives with respect to x0 and"
    " each --wrt are listed too.",
)  # fmt: skip
@options.sweep(
    "b",
    "w",
    "x0",
    "epsilon",
    "u",
    text="Parameter to sweep (b, w, x0, epsilon of the map, the input u, or a letter of AUTHOR) and"
    " its range.  [default: the time T, from 0 to --t-end]",
)
@options.points("Number of grid values, without those added near walls")
@click.option(
    "--delta", type=values.Parameter("delta"), default=1e-6, show_default=True,
    help="Change of the parameter in the finite difference, not 0.",
)  # fmt: skip
@options.pulses
@click.option("--input", "u", type=values.Parameter("u"), help="Constant input u.")
@options.output
def command(
    w: float,
    b: float,
    dynamics: str,
    epsilon: float | None,
    x0: tuple[float, ...],
    t_end: tuple[float, ...],
    wrt: tuple[str, ...],
    order: int,
    over: dict[str, tuple[float, float]],
    points: int,
    delta: float,
    pulses: tuple[tuple[float, float, float], ...],
    ramp: tuple[float, float, float, float] | None,
    u: float | None,
    input_weight: float,
    input_to: str,
    conversion: Conversion | None,
    **output: Any,
) -> None:
    """Compute sensitivities, the derivatives of x(T).

    The derivatives are with respect to x0 and to each parameter of --wrt.  Compares three values,
    here for b:

    \b
    dx/db         the exact derivative of x(T)
    finite diff.  the finite difference (x(T; b + DELTA) - x(T; b)) / DELTA
    settled       the derivative, with respect to b, of the stable equilibrium
                  that x(T) approaches, in closed form; none if it approaches none

    Draws them against T.  With --over, draws them against a parameter, and adds points at every
    wall: a value of the parameter at which x(T), for large T, jumps to another attractor, or to
    another state of the map's cycle.

    In place of --w, --b, --dynamics and --epsilon you can give an AUTHOR and the values of the
    author's parameters, as NAME=VALUE.  Below, these parameters are called letters.  doya convert
    --help lists the authors.  With an AUTHOR, all states and times are in the author's units, also
    --x0 and --t-end, and --wrt names letters.

    Without --x0, Doya's default is converted to a state of the author.  For this each letter has
    one value, also one that is swept.  You may leave out the swept letter: then this value is LOW.
    """
    neuron = models.model_of(conversion, dynamics, epsilon, w, b, input_weight, input_to)
    is_map = models.is_map(neuron)
    require_plain(conversion, pulse=pulses, ramp=ramp, input=u is not None, order=order == 2)
    options.check_one_input(pulses, u, ramp)
    if len(over) > 1:
        raise click.UsageError("--over sweeps one parameter: give it once.")
    for option, names in (("--over", over), ("--wrt", wrt)):
        if "epsilon" in names and dynamics == "flow" and not conversion:
            raise click.UsageError(f"{option} epsilon needs --dynamics map; the flow has no step.")
    if not over and (len(t_end) > 1 or t_end[0] == math.inf):
        times = " and ".join(f"{each:g}" for each in t_end)
        raise click.UsageError(
            f"--t-end must be one finite time without --over, got {times}: add --over, for example"
            " --over b -3 -2."
        )
    swept, between = next(iter(over.items()), ("t", None))
    models.require_effect(swept, neuron)
    if swept == "u":
        options.check_swept_input(pulses, ramp)
        u = None  # swept
    # At the default b the first start is on the wall, and the second is not.
    usual = (0.5,) if over else (0.5, 0.6)
    wrt = wrt or (swept_by_default(conversion),)

    import doya
    from doya_cli.inputs import driven_by
    from doya_cli.output import Answer, deliver
    from doya_cli.progress import progress

    driven = driven_by(pulses, u, is_map, ramp)
    try:
        x0, starts = models.starts_of(conversion, x0, usual)
        ends = t_end if conversion is None else tuple(conversion.to_time(list(t_end)))
        with progress(output["quiet"]):
            profile = doya.sensitivity_profile(
                neuron, _alone(starts), _alone(ends), wrt, swept, between,
                points=points, delta=delta, u=driven,
            )  # fmt: skip
            bent = second_of(profile, driven) if order == 2 else []
    except ValueError as error:
        raise options.wrong_usage(error) from None

    def draw(figure: Any) -> None:
        from doya.plots.pages import page
        from doya.plots.sensitivities import height

        doya.plots.draw_sensitivity_profile(profile, page(figure, height(profile)))

    answer = Answer(
        command="sensitivity",
        parameters={
            **models.parameters_of(neuron, w, b, [swept] if over else []),
            "x0": x0,
            "t_end": tuple(map(int, t_end)) if is_map else t_end,
            "wrt": profile.wrt,
            "order": order,
            **({"over": [swept, *profile.between]} if over else {}),
            "points": points,
            "delta": delta,
            "pulse": tuple(map(list, pulses)),
            "ramp": list(ramp) if ramp else None,
            **models.input_parameters(u, neuron),
        },
        result=_result(profile, x0, t_end) | listed(profile, bent),
        arguments=("author", "letters"),
        table="\n\n".join([_peaks(profile) if over else _ends(profile), *tables_of(profile, bent)]),
        labelled=profile.to_xarray,
        columns=_columns(profile) | (columns_of(bent) if over else {}),
        draw=draw,
        notices=_notices(profile),
    )
    deliver(answer, **output)


def _alone(values: tuple[float, ...]) -> Any:
    """Return one value as a number, which adds no axis to the results, or several as a list."""
    return values[0] if len(values) == 1 else list(values)


def _result(
    profile: SensitivityProfile, x0: tuple[float, ...], t_end: tuple[float, ...]
) -> dict[str, Any]:
    """Return the values along the sweep; against T, the last ones, and all of them apart."""
    states = _states(profile)
    along = {**states} | {kind: getattr(profile, kind) for kind in KINDS}
    starts = {} if profile.over == "x0" else {"x0": _alone(x0)}
    if profile.over != "t":
        return {**starts, "t_end": _alone(t_end), profile.over: profile.value, **along}
    last = {kind: {name: row[..., -1] for name, row in along[kind].items()} for kind in KINDS}
    return {
        **starts,
        "t_end": _alone(t_end),
        **{name: row[..., -1] for name, row in states.items()},
        **last,
        "over_t": {"t": _values(profile), **along},
    }


def _states(profile: SensitivityProfile) -> dict[str, Any]:
    """Return x(T), and with AUTHOR its state."""
    states = {"x": profile.x}
    return {**states, "state": profile.state} if profile.conversion else states


def _values(profile: SensitivityProfile) -> Any:
    """Return the swept values; T in the author's time."""
    if profile.over == "t" and profile.conversion:
        return profile.conversion.from_time(profile.value)
    return profile.value


def _rows(values: Any) -> Any:
    """Return one row per curve."""
    return values.reshape(-1, values.shape[-1])


def _ends(profile: SensitivityProfile) -> str:
    """Return a table with a row for each start: all values at T."""
    from doya_cli.tables import size, table

    own = variable(profile.conversion)
    header = [f"{own}0", f"{own}(T)"]
    for name in profile.derivative:
        header += [f"d{own}/d{_named(name, own)}"]
        header += ["finite diff.", "settled"] if name in profile.wrt else []
    lines: list[list[Any]] = []
    for k, (start, _) in enumerate(curves(profile)):
        line = [start, _rows(profile.state)[k, -1]]
        for name in profile.derivative:
            exact, sign, logarithm, difference, settled = (
                _rows(getattr(profile, kind)[name])[k, -1] for kind in KINDS
            )
            line += ["-" * int(sign < 0) + size(logarithm, abs(exact))]
            line += [difference, _or_word(settled)] if name in profile.wrt else []
        lines.append(line)
    return table(header, lines)


def _peaks(profile: SensitivityProfile) -> str:
    """Return a table with a row for each curve: range of x, and the largest derivatives."""
    from doya_cli.tables import size, table

    over, own = profile.over, variable(profile.conversion)
    header = ["T", f"min {own}(T)", f"max {own}(T)"]
    for name in profile.derivative:
        header += [f"max |d{own}/d{_named(name, own)}|", f"at {_named(over, own)}"]
    lines: list[list[Any]] = []
    for k, (start, end) in enumerate(curves(profile)):
        x = _rows(profile.state)[k]
        line = [start] * (over != "x0") + [end, x.min(), x.max()]
        for name in profile.derivative:
            logarithm = _rows(profile.log10_abs[name])[k]
            at = largest(logarithm)
            most = abs(_rows(profile.derivative[name])[k, at])
            line += [size(logarithm[at], most), profile.value[at] if most else "every value"]
        lines.append(line)
    return table([f"{own}0"] * (over != "x0") + header, lines)


def _named(name: str, own: str) -> str:
    """Return the name of a parameter in a table: x0 is the start of the author's state."""
    return f"{own}0" if name == "x0" else name


def _or_word(value: float) -> float | str:
    """Return the number, or a word where the state settles in no stable equilibrium."""
    return "none" if math.isnan(value) else value


def _columns(profile: SensitivityProfile) -> dict[str, Any]:
    """Curve after curve, each row with its start and its end."""
    import numpy as np

    size = profile.value.size
    starts, ends = (np.repeat(each, size) for each in np.array(curves(profile)).T)
    fixed = {"x0": starts, "t_end": ends}
    fixed.pop({"x0": "x0", "t": "t_end"}.get(profile.over, ""), None)
    return {
        **fixed,
        profile.over: np.tile(_values(profile), len(starts) // size),
        **{name: row.ravel() for name, row in _states(profile).items()},
    } | {
        f"{kind}_{name}": row.ravel()
        for name in profile.derivative
        for kind in KINDS
        for row in [getattr(profile, kind)[name]]
    }


def _notices(profile: SensitivityProfile) -> list[str]:
    """Say where the finite difference is not the derivative, and why."""
    import numpy as np

    from doya_cli.tables import number, size

    over, delta, own = profile.over, profile.delta, variable(profile.conversion)
    shown = slice(-1, None) if over == "t" else slice(None)
    notices = []
    for name in profile.wrt:
        exact, quotient = profile.log10_abs[name][..., shown], profile.finite_difference[name]
        quotient = quotient[..., shown]
        torn, lost = (mask(name)[..., shown] for mask in (profile.torn, profile.rounded_away))
        parts, slope = [], f"|d{own}/d{_named(name, own)}|"
        if torn.any():
            at = np.unravel_index(np.argmax(np.where(torn, np.abs(quotient), 0.0)), torn.shape)
            most = abs(quotient[at])
            parts.append(
                f"The finite difference with respect to {name} is inexact{_where(torn, over)},"
                f" because a wall is near. {_example(profile, torn, at)} {own}(T) changes by"
                f" {abs(most * delta):.2g} between {name} and {name} + {delta:g}, so the finite"
                f" difference is {number(most)}, but {slope} is {size(exact[at])}."
            )
        if lost.any():
            parts.append(
                f"{slope} is less than the rounding error {1.1e-16 / abs(delta):.0e} of the"
                f" finite difference{_where(lost, over)}: it is as small as"
                f" {size(np.min(exact[lost]))}."
            )
        if parts:
            notices.append(" ".join(parts))
    return notices


def _example(profile: SensitivityProfile, torn: Any, at: Any) -> str:
    """Return words that name the point of an example, if there are several points."""
    import numpy as np

    from doya_cli.tables import number

    if torn.size == 1:
        return "Here"
    over, own = profile.over, variable(profile.conversion)
    lines = curves(profile)
    start, end = lines[int(np.ravel_multi_index(at[:-1], torn.shape[:-1])) if at[:-1] else 0]
    fixed = {f"{own}0": start, "T": end}
    fixed.pop({"x0": f"{own}0", "t": "T"}.get(over, ""), None)
    place = fixed if len(lines) > 1 else {}
    if over != "t":
        place[_named(over, own)] = profile.value[at[-1]]
    return f"For example, at {', '.join(f'{name} = {number(v)}' for name, v in place.items())},"


def _where(mask: Any, over: str) -> str:
    """Return at how many of the points, if there are several."""
    if mask.size == 1:
        return ""
    return f" at {mask.sum()} of {mask.size} {'starts' if over == 't' else 'points'}"
